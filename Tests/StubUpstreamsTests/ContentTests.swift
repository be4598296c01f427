// What a rule can make a reply say.

import Foundation
import Testing

@testable import StubUpstreams

struct ContentTests {
    private func received(_ path: String = Paths.active, _ actions: Action...) async throws -> Received {
        var rule = Rule()
        rule.actions = actions
        return try await withStub(rule) { stub in
            try await stub.get(path, of: path.hasPrefix("/conv") ? .conversations : .crm)
        }
    }

    @Test func `a status comes with an error that leaks, and with the rule's fields`() async throws {
        let received = try await received(Paths.active, .status(503), .fields([.init("Retry-After", "2")]))

        #expect(received.status == 503)
        #expect(received.field("Retry-After") == "2")
        #expect(received.bodyText.contains(Fixtures.leak))
    }

    @Test func `204 has no body and no length`() async throws {
        let received = try await received(Paths.active, .status(204))

        #expect(received.status == 204)
        #expect(received.body.isEmpty)
        #expect(received.field("Content-Length") == nil)
    }

    @Test func `a rule's field takes the place of the reply's own`() async throws {
        let received = try await received(Paths.active, .fields([.init("content-type", "text/plain")]))

        #expect(received.field("Content-Type") == "text/plain")
        #expect(received.head.lowercased().components(separatedBy: "content-type").count == 2)
    }

    @Test func `a body of the rule's needs no record`() async throws {
        let received = try await received("/contacts/nobody", .body(#"{"id": 1"#))

        #expect(received.status == 200)
        #expect(received.bodyText == #"{"id": 1"#)
    }

    @Test func `a redirect has a location`() async throws {
        let received = try await received(Paths.active, .redirect("file:///etc/passwd"))

        #expect(received.status == 302)
        #expect(received.field("Location") == "file:///etc/passwd")
    }

    @Test func `garbage is as long as told, and claims to be JSON`() async throws {
        let received = try await received(Paths.active, .garbage(bytes: 300))

        #expect(received.body.count == 300)
        #expect(received.field("Content-Type") == "application/json")
        #expect(throws: (any Error).self) { try JSONSerialization.jsonObject(with: Data(received.body)) }
    }

    @Test func `not JSON is a page that says so`() async throws {
        let received = try await received(Paths.active, .notJSON)

        #expect(received.field("Content-Type") == "text/html")
        #expect(received.bodyText.hasPrefix("<!doctype html>"))
    }

    @Test func `invalid UTF-8 stands inside a string`() async throws {
        let received = try await received(Paths.active, .invalidUTF8)

        #expect(String(validating: received.body, as: UTF8.self) == nil)
        #expect(received.bodyText.hasPrefix(#"{"updatedAt":""#))
    }

    @Test(arguments: [nil, Action.chunked(nil), .contentLength(.none)])
    func `an oversized body is right JSON of the size told`(_ framing: Action?) async throws {
        let size = 3 * 1024 * 1024
        let received = try await received(Paths.active, .oversized(bytes: size), framing ?? .contentLength(.fewer(0)))

        #expect(received.bytes.count > size)
        if framing != .chunked(nil) {
            #expect(received.body.count == size)
            #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(received.body)) }
        }
        #expect((received.field("Content-Length") == nil) == (framing != nil))
    }

    @Test func `compressed is gzip, lying only says so`() async throws {
        let honest = try await received(Paths.active, .compressed(.gzip))
        let lying = try await received(Paths.active, .compressed(.lying))

        #expect(honest.field("Content-Encoding") == "gzip")
        #expect(Array(honest.body.prefix(3)) == [0x1f, 0x8b, 8])
        #expect(lying.field("Content-Encoding") == "gzip")
        #expect(lying.bodyText.hasPrefix("{"))
    }

    @Test(arguments: [
        (Paths.active, RecordChange.wrongTenant, #""tenantId":"\#(Fixtures.tenantB)""#),
        ("/conversations/\(Fixtures.humanManaged.id)/attention-items", .wrongTenant, Fixtures.tenantB),
        (Paths.contact, .wrongTenant, #""tenantId":"\#(Fixtures.tenantB)""#),
        (Paths.active, .wrongConversation, #""id":"\#(Fixtures.unknown)""#),
        (Paths.messages, .wrongConversation, #""conversationId":"\#(Fixtures.unknown)""#),
        (Paths.messages, .bareArray, #"[{"id":"msg"#),
        (Paths.messages, .nullify("content"), #""content":null"#),
        (Paths.active, .nullify("messageCount"), #""messageCount":null"#),
        (Paths.active, .mistype("messageCount"), #""messageCount":"not what"#),
        (Paths.contact, .mistype("identities.1.value"), #""channel":"whatsapp","value":42"#),
        (Paths.active, .duplicate("status"), #","status":"active-again"}"#),
        (Paths.active, .set("messageCount", to: "1e400"), #""messageCount":1e400"#),
        (Paths.messages, .set("data", to: "7"), #"{"data":7}"#),
        (Paths.account, .set("new", to: "[}"), #","new":[}}"#),
        (Paths.contact, .nested(3), #","deep":[[[]]]}"#),
    ])
    func `a record can be wrong`(_ path: String, _ change: RecordChange, _ expected: String) async throws {
        let received = try await received(path, .change(change))

        #expect(received.status == 200)
        #expect(received.bodyText.contains(expected))
    }

    @Test func `members can be missing, of a record, of a list's first item, or the list itself`() async throws {
        let record = try await received(Paths.active, .change(.without("status")), .change(.without("createdAt")))
        let item = try await received(Paths.messages, .change(.without("senderType")))
        let list = try await received(Paths.messages, .change(.without("data")))

        #expect(!record.bodyText.contains("status") && !record.bodyText.contains("createdAt"))
        #expect(item.bodyText.components(separatedBy: "senderType").count == Fixtures.active.messages)
        #expect(list.bodyText == "{}")
    }
}
