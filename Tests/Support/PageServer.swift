// A web server of one page, so that a browser has it from another origin than the gateway's.

import Foundation
import Glibc

/// Answers every request with the page, on a thread of its own, as long as it lives.
package final class PageServer: Sendable {
    /// As a browser names it: `http://127.0.0.1:port`.
    package let origin: String
    private let descriptor: CInt

    package init(page: [UInt8]) throws {
        let (descriptor, port) = try boundSocket()
        self.descriptor = descriptor
        origin = "http://127.0.0.1:\(port)"
        guard listen(descriptor, 16) == 0 else { throw Client.Broken("listen") }
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: \(page.count)\r\n"
        let answer = Array((head + "Connection: close\r\n\r\n").utf8) + page
        Thread.detachNewThread {
            while true {
                let client = accept(descriptor, nil, nil)
                guard client >= 0 else { break }
                Self.serve(answer, to: client)
            }
            close(descriptor)
        }
    }

    deinit {
        // Ends the accept that its thread waits in.
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    private static func serve(_ answer: [UInt8], to client: CInt) {
        defer { close(client) }
        // A browser may connect and ask nothing; the next one is not to wait for that for long.
        var patience = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var request = [UInt8](repeating: 0, count: 16_384)
        guard recv(client, &request, request.count, 0) > 0 else { return }
        sendAll(answer, to: client)
    }
}
