// The place where an issuer publishes its keys, as a test wants it to be.

import Foundation
import Glibc
import Synchronization

/// Answers every request with the document of the moment, on a thread of its own, as long as it lives.
package final class KeyServer: Sendable {
    private struct State {
        var status = 200
        var document: String
        var asked = 0
        var isHolding = false
        var held: [CInt] = []
        var requests: [String] = []
    }

    /// As a configuration names it.
    package let url: String
    private let descriptor: CInt
    private let state: Mutex<State>

    /// - Parameters:
    ///   - wantedPort: 0: the kernel chooses.
    ///   - host: an address of loopback.
    package init(_ document: String, host: String = "127.0.0.1", port wantedPort: Int = 0) throws {
        state = Mutex(State(document: document))
        let port: Int
        (descriptor, port) = try boundSocket(host: host, port: wantedPort)
        url = "http://\(host):\(port)/keys?version=1"
        guard listen(descriptor, 64) == 0 else { throw Client.Broken("listen") }
        Thread.detachNewThread { [weak self, descriptor] in
            while true {
                let client = accept(descriptor, nil, nil)
                guard client >= 0 else { break }
                guard let self else {
                    close(client)
                    break
                }
                self.serve(client)
            }
            close(descriptor)
        }
    }

    deinit {
        shutdown(descriptor, Int32(SHUT_RDWR))
        state.withLock { for client in $0.held { close(client) } }
    }

    /// How often it was asked.
    package var asked: Int { state.withLock { $0.asked } }
    /// Heads of the requests that came.
    package var requests: [String] { state.withLock { $0.requests } }

    package func publish(_ document: String) { state.withLock { ($0.document, $0.status) = (document, 200) } }

    /// From now on it answers with an error.
    package func fail(_ status: Int = 500) { state.withLock { $0.status = status } }

    /// From now on answers are kept back, until `release`.
    package func hold() { state.withLock { $0.isHolding = true } }

    /// Gives the answers that were kept back, as they are now.
    package func release() {
        let clients = state.withLock { state in
            defer { (state.held, state.isHolding) = ([], false) }
            return state.held
        }
        for client in clients { answer(client) }
    }

    /// Waits until it was asked so often; false: that took too long.
    package func isAsked(times: Int, within limit: Duration = .seconds(10)) async -> Bool {
        let end = ContinuousClock.now + limit
        while asked < times {
            if ContinuousClock.now > end { return false }
            await pause()
        }
        return true
    }

    private func serve(_ client: CInt) {
        var patience = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var request = [UInt8](repeating: 0, count: 16_384)
        let count = recv(client, &request, request.count, 0)
        let isHeld = state.withLock { state in
            state.asked += 1
            state.requests.append(String(decoding: request.prefix(max(0, count)), as: UTF8.self))
            if state.isHolding { state.held.append(client) }
            return state.isHolding
        }
        if !isHeld { answer(client) }
    }

    private func answer(_ client: CInt) {
        defer { close(client) }
        let (status, document) = state.withLock { ($0.status, $0.document) }
        let head =
            "HTTP/1.1 \(status) Whatever\r\nContent-Type: application/jwk-set+json\r\n"
            + "Content-Length: \(document.utf8.count)\r\nConnection: close\r\n\r\n"
        sendAll(Array((head + document).utf8), to: client)
    }
}
