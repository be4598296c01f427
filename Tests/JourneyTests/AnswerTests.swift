// The answer itself: its members, their order and the text of their values, byte for byte.

import Foundation
import StubUpstreams
import Support
import Testing

@Suite struct AnswerTests {
    private static let golden = #"""
        {"id":"c0de0001-5eed-4a11-8f00-000000000002","tenantId":"a0b1c2d3-4567-49ab-8def-0123456789ab",
        "workspaceId":"ws1a2b3c-4d5e-4f60-8a7b-9c0d1e2f3a4b","channelId":"ch1a2b3c-4d5e-4f60-8a7b-9c0d1e2f3a4b",
        "contactId":"ct1a2b3c-4d5e-4f60-8a7b-9c0d1e2f3a4b","accountId":"ac1a2b3c-4d5e-4f60-8a7b-9c0d1e2f3a4b",
        "status":"active",
        "summary":"Asks for a copy.\u000aSecond line, tab\u0009, snowman ☃, emoji 🙂.",
        "subject":"Invoice 2025-2 / Größe \"L\"","outcome":null,"messageCount":4,
        "lastMessageAt":"2025-03-01T09:04:00.000Z","createdAt":"2025-03-01T09:00:00.000Z",
        "updatedAt":"2025-03-01T09:04:00.000Z",
        "contact":{"id":"ct1a2b3c-4d5e-4f60-8a7b-9c0d1e2f3a4b","tenantId":"a0b1c2d3-4567-49ab-8def-0123456789ab",
        "resolutionStatus":"resolved","externalRef":"crm/4711","firstName":"Zoë","lastName":"Müller",
        "name":"Zoë Müller","email":"zoe@example.com","phone":"+49 30 1234567","companyName":"Müller & Söhne",
        "accountId":"ac1a2b3c-4d5e-4f60-8a7b-9c0d1e2f3a4b","accountName":null,"identities":[{"channel":"email",
        "value":"zoe@example.com"},{"channel":"whatsapp","value":"+49301234567"}],
        "createdAt":"2025-03-01T09:00:00.000Z","updatedAt":"2025-03-01T09:01:00.000Z","score":1.50,
        "points":12345678901234567890,"ratio":-0.0E+2,"labels":["vip",{"nested":[true,null,1]}]},
        "account":{"id":"ac1a2b3c-4d5e-4f60-8a7b-9c0d1e2f3a4b","tenantId":"a0b1c2d3-4567-49ab-8def-0123456789ab",
        "name":"Müller & Söhne","resolutionStatus":"resolved","externalRef":null,"emailDomain":"example.com",
        "vatNumber":"DE123456789","vatValid":true,"country":"DE","phone":null,
        "website":"https://www.example.com/","companyType":"customer","createdAt":"2025-03-01T09:00:00.000Z",
        "updatedAt":"2025-03-01T09:02:00.000Z","annualRevenue":1234567.00,"segments":["b2b","eu"]},
        "messages":[
        {"id":"msg2a2b3-4d5e-4f60-8a7b-0","conversationId":"c0de0001-5eed-4a11-8f00-000000000002",
        "direction":"inbound","senderType":"contact","senderId":"ct1a2b3c-4d5e-4f60-8a7b-9c0d1e2f3a4b",
        "senderName":"Zoë Müller","content":"Message 0: \"quoted\", back\\slash, \u0001control, 日本語.",
        "deliveryStatus":null,"attachments":[],"createdAt":"2025-03-01T09:00:00.000Z"},
        {"id":"msg2a2b3-4d5e-4f60-8a7b-1","conversationId":"c0de0001-5eed-4a11-8f00-000000000002",
        "direction":"outbound","senderType":"ai","senderId":null,"senderName":null,
        "content":"Message 1: \"quoted\", back\\slash, \u0001control, 日本語.","deliveryStatus":"delivered",
        "attachments":[],"createdAt":"2025-03-01T09:01:00.000Z"},
        {"id":"msg2a2b3-4d5e-4f60-8a7b-2","conversationId":"c0de0001-5eed-4a11-8f00-000000000002",
        "direction":"inbound","senderType":"contact","senderId":"ct1a2b3c-4d5e-4f60-8a7b-9c0d1e2f3a4b",
        "senderName":"Zoë Müller","content":"Message 2: \"quoted\", back\\slash, \u0001control, 日本語.",
        "deliveryStatus":null,"attachments":[{"id":"at1a2b3c-4d5e-4f60-8a7b-9c0d1e2f3a4b",
        "messageId":"msg2a2b3-4d5e-4f60-8a7b-2","fileName":"invoice.pdf","contentType":"application/pdf",
        "sizeBytes":48213,"url":"https://files.example.com/at1a2b3c?sig=a%2Fb&x=1",
        "createdAt":"2025-03-01T09:02:00.000Z"}],"createdAt":"2025-03-01T09:02:00.000Z"},
        {"id":"msg2a2b3-4d5e-4f60-8a7b-3","conversationId":"c0de0001-5eed-4a11-8f00-000000000002",
        "direction":"outbound","senderType":"ai","senderId":null,"senderName":null,
        "content":"Message 3: \"quoted\", back\\slash, \u0001control, 日本語.","deliveryStatus":"delivered",
        "attachments":[],"createdAt":"2025-03-01T09:03:00.000Z"}],
        "attentionItems":[]}
        """#

    @Test func `answers with the contract's members, in its order, as they were sent`() async throws {
        try await withGateway { gateway in
            let first = try await gateway.get(Fixtures.active)
            let second = try await gateway.get(Fixtures.active)

            #expect(first.status == 200)
            #expect(first.text == Self.golden.split(separator: "\n").joined())
            #expect(second.body == first.body)
        }
    }

    @Test func `keeps optional members that an upstream leaves out, as null`() async throws {
        try await withGateway { gateway in
            let reply = try await gateway.get(Fixtures.new)

            let start =
                #"{"id":"c0de0001-5eed-4a11-8f00-000000000001","tenantId":"\#(Fixtures.tenantA)","workspaceId":"#
                + #""\#(Fixtures.workspace)","channelId":"\#(Fixtures.channel)","contactId":null,"accountId":null,"#
                + #""status":"new","summary":null,"subject":null,"outcome":null,"messageCount":1,"#
            #expect(reply.text.hasPrefix(start))
            #expect(reply.text.contains(#","contact":null,"account":null,"messages":[{"#))
            #expect(reply.text.hasSuffix(#"}],"attentionItems":[]}"#))
        }
    }

    @Test func `leaves out attention items of other conversations`() async throws {
        try await withGateway { gateway in
            let reply = try await gateway.get(Fixtures.humanManaged)

            let items = reply.object?["attentionItems"] as? [[String: Any]] ?? []
            #expect(
                items.map { $0["conversationId"] as? String } == [Fixtures.humanManaged.id, Fixtures.humanManaged.id])
            #expect(items.map { $0["status"] as? String } == ["open", "open"])
            #expect(items.allSatisfy { $0["resolvedAt"] is NSNull && $0["assignee"] == nil })
        }
    }

    @Test func `passes many messages on, oldest first, and a status it does not know`() async throws {
        try await withGateway { gateway in
            let reply = try await gateway.get(Fixtures.long)

            let messages = reply.object?["messages"] as? [[String: Any]] ?? []
            #expect(messages.map { $0["id"] as? String } == (0..<200).map { "msg6a2b3-4d5e-4f60-8a7b-\($0)" })
            #expect(reply.object?["status"] as? String == "snoozed")
        }
    }

    @Test func `makes an id with odd characters one segment of a path`() async throws {
        try await withGateway { gateway in
            let reply = try await gateway.get(Fixtures.oddContact)

            #expect(reply.status == 200)
            #expect((reply.object?["contact"] as? [String: Any])?["id"] as? String == "ct 7/ü?#%2F")
            #expect(
                gateway.stubs.calls(to: "*", of: .crm).contains { $0.target == "/contacts/ct%207%2F%C3%BC%3F%23%252F" })
        }
    }

    @Test(arguments: [".", ".."])
    func `does not call for an id that would leave its segment`(_ id: String) async throws {
        try await withGateway(script: .parts(["conversation": [.change(.set("contactId", to: "\"\(id)\""))]])) {
            gateway in
            let reply = try await gateway.get(Fixtures.consumer)

            expectError(reply, status: 502, "An upstream service gave an invalid answer")
            #expect(gateway.stubs.calls(to: "*", of: .crm).isEmpty)
        }
    }

    @Test func `takes an id in any case`() async throws {
        try await withGateway { gateway in
            let lower = try await gateway.get(Fixtures.active)
            let upper = try await gateway.get("/api/conversations/\(Fixtures.active.id.uppercased())")

            #expect(upper.status == 200)
            #expect(upper.text == lower.text)
        }
    }

    @Test func `takes a bare array for a list`() async throws {
        try await withGateway { gateway in
            let wrapped = try await gateway.get(Fixtures.resolved)
            gateway.stubs.replace(
                script: .parts(["messages": [.change(.bareArray)], "attentionItems": [.change(.bareArray)]]))
            let bare = try await gateway.get(Fixtures.resolved)

            #expect(bare.status == 200)
            #expect(bare.text == wrapped.text)
        }
    }
}
