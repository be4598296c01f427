// What libcurl calls of a transfer: each fetches the transfer and calls one method.

internal import CCurl
internal import Glibc

// Each is called by libcurl within `MultiHandle.dispatch` or `runTimers`, while the loop's table holds the transfer.

func receiveBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    transfer(context)._withUnsafeGuaranteedRef {
        $0.receive(body: UnsafeRawBufferPointer(start: bytes, count: size * count))
    }
}

func receiveHeader(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    transfer(context)._withUnsafeGuaranteedRef {
        $0.receive(header: UnsafeRawBufferPointer(start: bytes, count: size * count))
    }
}

func connectionOpens(_ context: UnsafeMutableRawPointer?, _ descriptor: curl_socket_t, _: curlsocktype) -> Int32 {
    let mayOpen = transfer(context)._withUnsafeGuaranteedRef { $0.opened(descriptor) }
    return Int32(mayOpen ? CURL_SOCKOPT_OK : CURL_SOCKOPT_ERROR)
}

func opensSocket(
    _ context: UnsafeMutableRawPointer?, _: curlsocktype, _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
    guard let address else { return -1 }
    transfer(context)._withUnsafeGuaranteedRef { $0.lead(address) }
    return socket(
        address.pointee.family, address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue), address.pointee.protocol)
}

func beforeRequest(
    _ context: UnsafeMutableRawPointer?, _: UnsafeMutablePointer<CChar>?, _: UnsafeMutablePointer<CChar>?, _: Int32,
    _: Int32
) -> Int32 {
    let maySend = transfer(context)._withUnsafeGuaranteedRef { $0.mayBeSent() }
    return maySend ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
}

private func transfer(_ context: UnsafeMutableRawPointer?) -> Unmanaged<Transfer> {
    guard let context else { preconditionFailure("libcurl lost its context.") }
    return Unmanaged<Transfer>.fromOpaque(context)
}
