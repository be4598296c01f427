// A request that RFC 9110 or 9112 forbids, or that leaves open what it means, and what the gateway must make of it.

import StubUpstreams
import Support
import Testing

/// Bytes of one request, written so that a test can read them.
struct MalformedRequest: Sendable, CustomTestStringConvertible {
    let name: String
    let status: Int
    /// One character a byte, so that `\u{ff}` is a byte; around the credential, in the place of `KEY`.
    private let text: String
    var testDescription: String { name }

    init(_ name: String, _ status: Int, _ text: String) {
        self.name = name
        self.status = status
        self.text = text
    }

    func bytes(key: String) -> [UInt8] {
        text.replacing("KEY", with: key).unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
    }

    static let all =
        startLines + versions + targets + otherProtocols + hosts + fields + lineEnds + lengths + codings + chunks

    static let path = RunningGateway.path(Fixtures.active)

    /// With another request line than the usual one. A request of this kind would be answered, were it not for its line.
    static func line(_ name: String, _ line: String, _ status: Int = 400) -> MalformedRequest {
        MalformedRequest(name, status, "\(line)\r\nHost: gateway.test\r\nAuthorization: Bearer KEY\r\n\r\n")
    }

    /// With another `Host`, or several fields in its place.
    static func host(_ name: String, _ fields: String) -> MalformedRequest {
        MalformedRequest(name, 400, "GET \(path) HTTP/1.1\r\n\(fields)Authorization: Bearer KEY\r\n\r\n")
    }

    /// With further fields, line ends included.
    static func fields(_ name: String, _ fields: String, _ status: Int = 400, body: String = "") -> MalformedRequest {
        MalformedRequest(
            name, status,
            "GET \(path) HTTP/1.1\r\nHost: gateway.test\r\nAuthorization: Bearer KEY\r\n\(fields)\r\n\(body)")
    }

    /// With a chunked body.
    static func chunked(_ name: String, _ body: String, _ status: Int = 400) -> MalformedRequest {
        fields(name, "Transfer-Encoding: chunked\r\n", status, body: body)
    }

    static func long(_ count: Int, _ byte: String = "x") -> String { String(repeating: byte, count: count) }
}
