// What the two services answer when no rule says otherwise.

import Foundation
import Testing

@testable import StubUpstreams

struct RecordTests {
    @Test func `each fixture is there in all its parts, as JSON`() async throws {
        try await withStub { stub in
            for fixture in Fixtures.all {
                for part in ["", "/messages", "/attention-items"] {
                    let path = "/conversations/\(fixture.id)\(part)"

                    let received = try await stub.get(path, tenant: fixture.tenant)

                    #expect(received.status == 200)
                    #expect(received.end == .fin)
                    #expect(received.field("Content-Length") == String(received.body.count))
                    #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(received.body)) }
                }
            }
        }
    }

    @Test func `messages come in data, as many as the conversation counts`() async throws {
        let received = try await withStub { try await $0.get("/conversations/\(Fixtures.long.id)/messages") }

        let object = try JSONSerialization.jsonObject(with: Data(received.body)) as? [String: Any]
        #expect((object?["data"] as? [Any])?.count == 200)
    }

    @Test func `numbers and unlisted members keep their text`() async throws {
        let received = try await withStub { try await $0.get(Paths.contact, of: .crm) }

        #expect(received.bodyText.contains(#""score":1.50,"points":12345678901234567890,"ratio":-0.0E+2"#))
    }

    @Test func `attention items can be the tenant's whole list, but no other tenant's`() async throws {
        let received = try await withStub { stub in
            try await stub.get("/conversations/\(Fixtures.humanManaged.id)/attention-items")
        }

        #expect(received.bodyText.contains(Fixtures.humanManaged.id))
        #expect(received.bodyText.contains(Fixtures.resolved.id))
        #expect(!received.bodyText.contains(Fixtures.tenantB))
    }

    @Test func `an id matches in any case, and a percent-encoded one decoded`() async throws {
        try await withStub { stub in
            let upper = try await stub.get("/conversations/\(Fixtures.active.id.uppercased())")
            let odd = try await stub.get("/contacts/ct%207%2F%C3%BC%3f%23%252F", of: .crm)
            let plain = try await stub.get("/contacts/ct%207/%C3%BC%3f%23%252F", of: .crm)

            #expect(upper.status == 200)
            #expect(odd.bodyText.contains(#""id":"ct 7/ü?#%2F""#))
            #expect(plain.status == 404)
        }
    }

    @Test(arguments: [
        (StubUpstreams.Service.conversations, "/conversations/\(Fixtures.unknown)"),
        (.conversations, "/conversations/\(Fixtures.otherTenant.id)"),
        (.conversations, "/conversations/\(Fixtures.active.id)/notes"),
        (.conversations, Paths.contact),
        (.crm, Paths.active),
        (.crm, "/contacts/\(Fixtures.contactGone.contactID ?? "")"),
        (.crm, "/contacts/%zz"),
        (.crm, "/"),
    ])
    func `what is not there, or not the tenant's, is 404`(_ service: StubUpstreams.Service, _ path: String) async throws
    {
        let received = try await withStub { try await $0.get(path, of: service) }

        #expect(received.status == 404)
        #expect(received.bodyText.contains(Fixtures.leak))
    }

    @Test func `without a tenant nothing is answered, except that the service is well`() async throws {
        try await withStub { stub in
            let record = try await stub.get(Paths.active, tenant: nil)
            let health = try await stub.get("/healthz", tenant: nil)

            #expect(record.status == 400)
            #expect(health.status == 200)
        }
    }

    @Test func `several requests over one connection are answered in order, pipelined ones too`() async throws {
        try await withStub { stub in
            let peer = try await Peer(to: stub.conversationsAddress)
            try await peer.ask(Paths.active)
            let first = try await peer.readReply()

            let request = "GET \(Paths.messages) HTTP/1.1\r\nX-Tenant-Id: \(Fixtures.tenantA)\r\n"
            try await peer.send("\(request)\r\n\(request)Connection: close\r\n\r\n")
            let others = try await peer.read()

            #expect(first.status == 200)
            #expect(others.text.components(separatedBy: "HTTP/1.1 200 OK").count == 3)
            #expect(stub.calls.map(\.ordinal) == [1, 2, 3])
            #expect(Set(stub.calls.map(\.connection)).count == 1)
        }
    }

    @Test func `a malformed request is 400, and no call`() async throws {
        try await withStub { stub in
            let peer = try await Peer(to: stub.crmAddress)

            try await peer.send("GET / HTTP/9.x\r\n\r\n")
            let received = try await peer.read()

            #expect(received.status == 400)
            #expect(stub.calls.isEmpty)
        }
    }
}
