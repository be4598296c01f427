// Who may look at the operator's side.

import Pipeline
import Testing

@testable import Admin

@Suite struct OperatorAccessTests {
    private static let token = "0123456789abcdef01234567"

    private func refusal(
        token: String?, authorization: String? = nil, host: String? = "127.0.0.1:9901", client: String = "127.0.0.1"
    ) -> OperatorAccess.Refusal? {
        let now = ContinuousClock.now
        var request = Request(method: .get, path: "/", client: client, id: "r", arrived: now, completed: now)
        request.authorization = authorization
        request.host = host
        return OperatorAccess(token: token).refusal(of: request)
    }

    @Test(arguments: [
        ("Bearer \(token)", true), ("bearer   \(token)", false), ("Bearer \(token)x", false),
        ("Bearer \(token.dropLast())", false), ("Bearer \(token.dropLast())8", false), ("Bearer", false), ("", false),
        ("Token \(token)", false), (token, false),
        // operator:TOKEN, :TOKEN, TOKEN: and TOKEN
        ("Basic b3BlcmF0b3I6MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3", true),
        ("Basic OjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nw==", true),
        ("Basic MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3Og==", false), ("Basic MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3", false),
        ("Basic b3Bl*", false), ("Basic =", false),
    ]) func `with a token whoever presents it may look, from anywhere and by any name`(
        authorization: String, isLetIn: Bool
    ) {
        let refusal = refusal(
            token: Self.token, authorization: authorization, host: "gateway.example", client: "10.1.2.3")

        #expect((refusal == nil) == isLetIn)
    }

    @Test func `with a token nobody may look without`() {
        #expect(refusal(token: Self.token) == .unauthenticated)
    }

    @Test(arguments: [
        ("127.0.0.1:9901", true), ("127.0.0.1", true), ("localhost:1", true),
        ("LOCALHOST", true), ("gateway:9901", true),
        ("[::1]:9901", true),
        ("10.0.0.7:80", true), ("example.com", false), ("127.0.0.1.example.com:9901", false), ("localhost.evil", false),
        ("1.2.3", false), ("1.2.3.256", false), ("", false), (nil, true),
    ]) func `without a token a name that may be anybody's is refused`(host: String?, isLetIn: Bool) {
        #expect(refusal(token: nil, host: host) == (isLetIn ? nil : .strangeHost))
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.9.9.9", true), ("::1", true), ("::ffff:127.0.0.1", true), ("10.0.0.1", false),
        ("fe80::1", false),
    ]) func `without a token only this machine may look`(client: String, isLetIn: Bool) {
        #expect(refusal(token: nil, client: client) == (isLetIn ? nil : .stranger))
    }
}
