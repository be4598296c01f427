// The connections that are open now: counted, waited for, and closed when the stub stops.

import NIOCore

/// The open connections of both services.
final class Connections: Sendable {
    struct State: Sendable {
        struct Open: Sendable {
            let service: StubUpstreams.Service
            let channel: any Channel
        }

        private var last = 0
        private(set) var open: [Int: Open] = [:]

        mutating func add(_ channel: any Channel, of service: StubUpstreams.Service) -> Int {
            last += 1
            open[last] = Open(service: service, channel: channel)
            return last
        }

        mutating func remove(_ number: Int) {
            open[number] = nil
        }

        func count(_ service: StubUpstreams.Service?) -> Int {
            service == nil ? open.count : open.values.count { $0.service == service }
        }
    }

    let state = Watched(State())

    /// Closes all, and those accepted meanwhile.
    func closeAll() async {
        while case let open = state.read({ $0.open.values.map(\.channel) }), !open.isEmpty {
            for channel in open { channel.close(promise: nil) }
            for channel in open {
                // A connection that its client has just reset is closed too.
                do { try await channel.closeFuture.get() } catch {}
            }
        }
    }
}
