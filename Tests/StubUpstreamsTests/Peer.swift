// A client of the stub on a plain socket, so that tests see every byte, and how the connection really ended.

import Glibc
import NIOPosix

@testable import StubUpstreams

/// One TCP connection. Blocking calls run on a thread pool, each for five seconds at most.
final class Peer: Sendable {
    enum End: Equatable {
        case fin
        case reset
        /// Still open when as much had come as was asked for.
        case open
        /// Nothing came within five seconds.
        case silence
    }

    struct Failed: Error {
        let call: String
        let number: Int32
    }

    private let descriptor: Int32

    /// Connects over IPv4.
    init(to address: StubUpstreams.Address) async throws {
        descriptor = try await Self.blocking {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            guard descriptor >= 0 else { throw Failed(call: "socket", number: errno) }
            var limit = timeval(tv_sec: 5, tv_usec: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = in_port_t(address.port).bigEndian
            name.sin_addr.s_addr = inet_addr(address.host)
            let result = withUnsafePointer(to: &name) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            guard result == 0 else {
                defer { Glibc.close(descriptor) }
                throw Failed(call: "connect", number: errno)
            }
            return descriptor
        }
    }

    deinit { Glibc.close(descriptor) }

    /// Sends FIN, as a client does that has had enough; `deinit` closes.
    func hangUp() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    func send(_ text: String) async throws {
        let bytes = Array(text.utf8)
        try await Self.blocking { [descriptor] in
            guard Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
                throw Failed(call: "send", number: errno)
            }
        }
    }

    /// A GET as the gateway sends it.
    func ask(_ path: String, tenant: String? = Fixtures.tenantA, fields: String = "") async throws {
        let tenantField = tenant.map { "X-Tenant-Id: \($0)\r\n" } ?? ""
        try await send("GET \(path) HTTP/1.1\r\nHost: stub\r\n\(tenantField)\(fields)\r\n")
    }

    /// Reads until the end, or until `isEnough`.
    func read(until isEnough: @escaping @Sendable ([UInt8]) -> Bool = { _ in false }) async throws -> Received {
        try await Self.blocking { [descriptor] in
            var all: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 64 * 1024)
            while !isEnough(all) {
                let count = recv(descriptor, &buffer, buffer.count, 0)
                if count > 0 {
                    all += buffer[..<count]
                } else if count == 0 {
                    return Received(bytes: all, end: .fin)
                } else if errno == ECONNRESET {
                    return Received(bytes: all, end: .reset)
                } else if errno == EAGAIN {
                    return Received(bytes: all, end: .silence)
                } else {
                    throw Failed(call: "recv", number: errno)
                }
            }
            return Received(bytes: all, end: .open)
        }
    }

    /// Reads one whole reply that has a right Content-Length.
    func readReply() async throws -> Received {
        try await read { bytes in
            let received = Received(bytes: bytes, end: .open)
            guard received.hasHead, let length = received.field("Content-Length").flatMap({ Int($0) }) else {
                return false
            }
            return received.body.count >= length
        }
    }

    private static func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value
    {
        try await NIOThreadPool.singleton.runIfActive(body)
    }
}

/// What came over a connection.
struct Received: Sendable {
    let bytes: [UInt8]
    let end: Peer.End

    var text: String { String(decoding: bytes, as: UTF8.self) }
    private var bodyStart: Int? {
        bytes.indices.dropFirst(3).first { bytes[($0 - 3)...$0].elementsEqual("\r\n\r\n".utf8) }.map { $0 + 1 }
    }
    var hasHead: Bool { bodyStart != nil }
    var head: String { String(decoding: bytes[..<(bodyStart ?? bytes.endIndex)], as: UTF8.self) }
    var body: ArraySlice<UInt8> { bytes[(bodyStart ?? bytes.endIndex)...] }
    var bodyText: String { String(decoding: body, as: UTF8.self) }
    var status: Int? { Int(text.dropFirst("HTTP/1.1 ".count).prefix(3)) }

    func field(_ name: String) -> String? {
        let line = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix(name.lowercased() + ": ") }
        return line.map { String($0.dropFirst(name.count + 2)) }
    }
}

/// A stub with these rules for as long as `body` runs.
func withStub<Value: Sendable>(
    _ rules: Rule..., seed: UInt64 = 1, body: @Sendable (StubUpstreams) async throws -> Value
) async throws -> Value {
    let stub = try await StubUpstreams.start(script: Script(seed: seed, rules: rules))
    do {
        let value = try await body(stub)
        try await stub.stop()
        return value
    } catch {
        try await stub.stop()
        throw error
    }
}

extension StubUpstreams {
    /// Asks over a new connection that the stub is to close, and reads all that comes.
    func get(
        _ path: String, of service: Service = .conversations, tenant: String? = Fixtures.tenantA
    ) async throws -> Received {
        let peer = try await Peer(to: service == .crm ? crmAddress : conversationsAddress)
        try await peer.ask(path, tenant: tenant, fields: "Connection: close\r\n")
        return try await peer.read()
    }
}

/// What most tests ask for.
enum Paths {
    static let active = "/conversations/\(Fixtures.active.id)"
    static let messages = active + "/messages"
    static let items = active + "/attention-items"
    static let contact = "/contacts/\(Fixtures.active.contactID ?? "")"
    static let account = "/accounts/\(Fixtures.active.accountID ?? "")"
}
