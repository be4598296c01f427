// How much of what was written to a client it has not taken yet, for `SlowAnswer` to judge its pace by.

internal import Glibc
internal import NIOCore

extension Channel {
    /// What the client has not taken of what was written: what waits here and what waits in the kernel, which may be
    /// megabytes and asks for more only when a third of it has left. To be asked on the channel's loop.
    var bytesLeft: Int {
        do {
            let waiting = try syncOptions?.getOption(.bufferedWritableBytes) ?? 0
            return waiting + (try pipeline.syncOperations.withUnsafeTransportIfAvailable(unsentBytes) ?? 0)
        } catch {
            // The channel is closed, and nothing waits there.
            return 0
        }
    }
}

/// What a socket's kernel holds of what was written to it, until the peer has acknowledged it.
private func unsentBytes(of socket: CInt) -> Int {
    var count: CInt = 0
    // What cannot be told counts as nothing; the channel then closes by what waits before it.
    return ioctl(socket, UInt(TIOCOUTQ), &count) == 0 ? Int(count) : 0
}
