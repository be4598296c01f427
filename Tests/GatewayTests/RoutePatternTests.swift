// Which paths are a route's, byte for byte.

import Configuration
import Pipeline
import Testing

@testable import Gateway

struct RoutePatternTests {
    private func pattern(_ segments: PathTemplate.Segment..., kinds: [String: ParameterKind] = ["id": .uuid])
        -> RoutePattern
    {
        RoutePattern(
            RouteSettings(
                name: "test", path: PathTemplate(segments: segments), parameters: kinds, upstreamCalls: 1,
                notFound: "Not found", parts: []))
    }

    private var conversation: RoutePattern {
        pattern(.literal("api"), .literal("conversations"), .parameter("id"))
    }

    private func outcome(_ match: RoutePattern.Match) -> String {
        switch match {
        case .no: "no"
        case .malformed(let name, let kind): "malformed \(name) \(kind)"
        case .parameters(let parameters):
            parameters.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }.joined(separator: "&")
        }
    }

    @Test func `hands over the parameter as it was sent`() {
        let id = "7B2f4c1e-9a3d-4e8b-B6f0-2d5c8e1a4f73"

        #expect(outcome(conversation.match("/api/conversations/\(id)")) == "id=\(id)")
    }

    @Test(arguments: [
        "", "/", "//", "api", "/api", "/api/", "/api/conversations", "/api/conversations/", "/api/conversations//",
        "/API/conversations/7b2f4c1e-9a3d-4e8b-b6f0-2d5c8e1a4f73",
        "//api/conversations/7b2f4c1e-9a3d-4e8b-b6f0-2d5c8e1a4f73",
        "/api/conversations/7b2f4c1e-9a3d-4e8b-b6f0-2d5c8e1a4f73/",
        "/api/./conversations/7b2f4c1e-9a3d-4e8b-b6f0-2d5c8e1a4f73",
        "/api/conversation%73/7b2f4c1e-9a3d-4e8b-b6f0-2d5c8e1a4f73", "/api/conversations/a/b", "*",
        "http://host/api/conversations/7b2f4c1e-9a3d-4e8b-b6f0-2d5c8e1a4f73",
        "/api/conversations;x/7b2f4c1e-9a3d-4e8b-b6f0-2d5c8e1a4f73", "/api\\conversations\\x",
    ])
    func `is not what differs in a byte`(path: String) {
        #expect(outcome(conversation.match(path)) == "no")
    }

    @Test(arguments: [
        "x", "..", "%2e", "7b2f4c1e-9a3d-4e8b-b6f0-2d5c8e1a4f7", "7b2f4c1e-9a3d-4e8b-b6f0-2d5c8e1a4f73?x",
    ])
    func `says so when only the parameter is of another form`(id: String) {
        #expect(outcome(conversation.match("/api/conversations/\(id)")) == "malformed id uuid")
    }

    @Test func `is no match if a later segment differs, whatever the parameter is`() {
        let messages = pattern(.literal("c"), .parameter("id"), .literal("messages"))

        #expect(outcome(messages.match("/c/not-an-id/attachments")) == "no")
        #expect(outcome(messages.match("/c/not-an-id/messages")) == "malformed id uuid")
        #expect(outcome(messages.match("/c/not-an-id")) == "no")
    }

    @Test func `takes several parameters`() {
        let two = pattern(.parameter("a"), .parameter("b"), kinds: ["a": .token, "b": .integer])

        #expect(outcome(two.match("/x-1/42")) == "a=x-1&b=42")
        #expect(outcome(two.match("/x-1/4x")) == "malformed b integer")
    }

    @Test func `a slash at the end is part of a route that has one`() {
        let slash = pattern(.literal("a"), .literal(""))

        #expect(outcome(slash.match("/a/")) == "")
        #expect(outcome(slash.match("/a")) == "no")
    }
}

struct ParameterKindTests {
    private func accepts(_ kind: ParameterKind, _ text: String) -> Bool { text.withBytes(kind.accepts) }

    @Test(arguments: [
        "7b2f4c1e-9a3d-4e8b-b6f0-2d5c8e1a4f73", "00000000-0000-0000-0000-000000000000",
        "FFFFFFFF-ffff-FFFF-ffff-FFFFFFFFFFFF",
    ])
    func `a uuid is hexadecimal digits in five groups`(text: String) {
        #expect(accepts(.uuid, text))
    }

    @Test(arguments: [
        "", "7b2f4c1e-9a3d-4e8b-b6f0-2d5c8e1a4f7", "7b2f4c1e-9a3d-4e8b-b6f0-2d5c8e1a4f733",
        "7b2f4c1e9a3d-4e8b-b6f0-2d5c8e1a4f73-", "gb2f4c1e-9a3d-4e8b-b6f0-2d5c8e1a4f73",
        "7b2f4c1e-9a3d-4e8b-b6f0-2d5c8e1a4f7é", "{b2f4c1e-9a3d-4e8b-b6f0-2d5c8e1a4f7}",
        "7b2f4c1e_9a3d_4e8b_b6f0_2d5c8e1a4f73",
        "------------------------------------", "7b2f4c1e-9a3d-4e8b-b6f0-2d5c8e1a4f7\0",
    ])
    func `nothing else is a uuid`(text: String) {
        #expect(!accepts(.uuid, text))
    }

    @Test func `a token is letters, digits, underscore and dash, 64 at most`() {
        for byte in UInt8(0)..<0x80 {
            let text = String(UnicodeScalar(byte))
            let expected = text.wholeMatch(of: /[A-Za-z0-9_-]/) != nil
            #expect(accepts(.token, text) == expected, "byte \(byte)")
        }
        #expect(accepts(.token, String(repeating: "x", count: 64)))
        #expect(!accepts(.token, String(repeating: "x", count: 65)))
        #expect(!accepts(.token, ""))
        #expect(!accepts(.token, "é"))
    }

    @Test(arguments: [
        ("0", true), ("007", true), ("999999999999999999", true), ("1234567890123456789", false), ("", false),
        ("-1", false), ("+1", false), ("1.0", false), ("0x1", false), ("١", false),
    ])
    func `an integer is 1 to 18 decimal digits`(text: String, isOne: Bool) {
        #expect(accepts(.integer, text) == isOne)
    }
}
