// A collector of traces, as a test wants it to be: it takes OTLP over HTTP and decodes what really came.

import Foundation
import Glibc
import Synchronization

/// Answers every request on threads of its own, as long as it lives.
package final class Collector: Sendable {
    /// One request, whole.
    package struct Export: Sendable {
        package let head: String
        package let body: [UInt8]
        /// What was answered.
        package let status: Int
    }

    private struct State {
        var status = 200
        var fields = ""
        var reply: [UInt8] = []
        var exports: [Export] = []
        var isListening = false
        var isSilent = false
    }

    package let port: Int
    private let descriptor: CInt
    private let state = Mutex(State())

    /// - Parameter listening: false: connections are refused until `listen`.
    package init(listening: Bool = true) throws {
        (descriptor, port) = try boundSocket()
        if listening { try listen() }
    }

    deinit {
        let isListening = state.withLock(\.isListening)
        // The thread closes it.
        if isListening { shutdown(descriptor, Int32(SHUT_RDWR)) } else { close(descriptor) }
    }

    /// As a configuration names it.
    package var url: String { "http://127.0.0.1:\(port)" }
    package var exports: [Export] { state.withLock(\.exports) }
    /// Spans of exports that were answered with 200, in the order in which they came.
    package var spans: [CollectedSpan] {
        exports.filter { $0.status == 200 }.flatMap { CollectedExport($0.body)?.spans ?? [] }
    }

    package func listen() throws {
        guard Glibc.listen(descriptor, 16) == 0 else { throw Client.Broken("listen") }
        state.withLock { $0.isListening = true }
        Thread.detachNewThread { [weak self, descriptor] in
            while true {
                let client = accept(descriptor, nil, nil)
                guard client >= 0 else { break }
                guard let self else {
                    close(client)
                    break
                }
                Thread.detachNewThread { self.serve(client) }
            }
            close(descriptor)
        }
    }

    /// From now on it answers so. `fields` are whole header lines.
    package func answer(_ status: Int, fields: String = "", reply: [UInt8] = []) {
        state.withLock { ($0.status, $0.fields, $0.reply) = (status, fields, reply) }
    }

    /// From now on it does not answer.
    package func fallSilent() { state.withLock { $0.isSilent = true } }

    private func serve(_ client: CInt) {
        defer { close(client) }
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var bytes: [UInt8] = []
        while let (head, body) = request(of: client, &bytes) {
            let answer = state.withLock { state -> String? in
                state.exports.append(Export(head: head, body: body, status: state.isSilent ? 0 : state.status))
                guard !state.isSilent else { return nil }
                return
                    "HTTP/1.1 \(state.status) Whatever\r\n\(state.fields)Content-Length: \(state.reply.count)\r\n\r\n"
                    + String(decoding: state.reply, as: UTF8.self)
            }
            guard let answer else { continue }
            sendAll(Array(answer.utf8), to: client)
        }
    }

    /// The next request, with the length that its head says; nil: the connection has ended.
    private func request(of client: CInt, _ bytes: inout [UInt8]) -> (head: String, body: [UInt8])? {
        while true {
            let end = bytes.firstRange(of: Array("\r\n\r\n".utf8))
            if let end {
                let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
                let length = head.firstMatch(of: /(?i)content-length: (\d+)/).flatMap { Int($0.1) } ?? 0
                if bytes.count >= end.upperBound + length {
                    let body = Array(bytes[end.upperBound..<(end.upperBound + length)])
                    bytes.removeFirst(end.upperBound + length)
                    return (head, body)
                }
            }
            var piece = [UInt8](repeating: 0, count: 65_536)
            let count = recv(client, &piece, piece.count, 0)
            guard count > 0 else { return nil }
            bytes += piece[..<count]
        }
    }
}
