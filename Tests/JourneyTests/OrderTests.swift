// When calls start: as soon as what they need is known, and no earlier.

import StubUpstreams
import Support
import Testing

@Suite struct OrderTests {
    @Test func `makes the first three calls at once`() async throws {
        let held = Gate()
        let script = Script.parts([
            "conversation": [.hold(held)], "messages": [.hold(held)], "attentionItems": [.hold(held)],
        ])
        try await withGateway(script: script) { gateway in
            let client = try gateway.begin(Fixtures.active)
            try await held.waitUntil(arrived: 3)
            let crmCalls = gateway.stubs.calls(to: "*", of: .crm).count
            await held.open()
            let reply = try await client.reply()

            #expect(reply.status == 200)
            #expect(crmCalls == 0)
            #expect(gateway.stubs.overlapped("/conversations/{id}", "/conversations/{id}/messages"))
            #expect(gateway.stubs.overlapped("/conversations/{id}", "/conversations/{id}/attention-items"))
        }
    }

    @Test func `asks the CRM once the conversation is read, whatever the others do`() async throws {
        let held = Gate(), crm = Gate()
        let script = Script.parts([
            "messages": [.hold(held)], "attentionItems": [.hold(held)], "contact": [.hold(crm)],
            "account": [.hold(crm)],
        ])
        try await withGateway(script: script) { gateway in
            let client = try gateway.begin(Fixtures.active)
            try await crm.waitUntil(arrived: 2)
            #expect(gateway.stubs.inProgress() == 4)
            await crm.open()
            try await gateway.stubs.waitForCalls(2, of: .crm, ended: .answered)
            await held.open()
            let reply = try await client.reply()

            #expect(reply.status == 200)
            #expect(gateway.stubs.overlapped("/contacts/{id}", "/accounts/{id}"))
            #expect(gateway.stubs.overlapped("/contacts/{id}", "/conversations/{id}/messages"))
            #expect(!gateway.stubs.overlapped("/contacts/{id}", "/conversations/{id}"))
            #expect(gateway.stubs.calls.count == 5)
        }
    }

    @Test func `does not ask the CRM before the conversation is there`() async throws {
        let root = Gate()
        try await withGateway(script: .parts(["conversation": [.hold(root)]])) { gateway in
            let client = try gateway.begin(Fixtures.active)
            try await gateway.stubs.waitForCalls(2, to: "/conversations/*", ended: .answered)
            let crmCalls = gateway.stubs.calls(to: "*", of: .crm).count
            await root.open()
            let reply = try await client.reply()

            #expect(crmCalls == 0)
            #expect(reply.status == 200)
        }
    }

    /// All orders in which five replies can come when two of them wait for the first.
    static let orders: [[String]] = permutations(Part.all.map(\.name)).filter { order in
        guard let root = order.firstIndex(of: "conversation") else { return false }
        return !order[..<root].contains("contact") && !order[..<root].contains("account")
    }

    private static func permutations(_ names: [String]) -> [[String]] {
        guard names.count > 1 else { return [names] }
        return names.flatMap { name in permutations(names.filter { $0 != name }).map { [name] + $0 } }
    }

    @Test func `gives the same bytes in whatever order the replies come`() async throws {
        try await withGateway { gateway in
            let expected = try await gateway.get(Fixtures.active)

            for order in Self.orders {
                var gates: [String: Gate] = [:]
                for name in order { gates[name] = Gate() }
                gateway.stubs.replace(
                    script: Script(
                        rules: order.map { name in Part.named(name).rule(gates[name].map { [.hold($0)] } ?? []) }))
                gateway.stubs.forgetCalls()
                let client = try gateway.begin(Fixtures.active)
                for (place, name) in order.enumerated() {
                    try await gates[name]?.waitUntil(arrived: 1)
                    await gates[name]?.open()
                    try await gateway.stubs.waitForCalls(place + 1, ended: .answered)
                }
                let reply = try await client.reply()

                #expect(reply.status == 200, "\(order)")
                #expect(reply.text == expected.text, "\(order)")
                #expect(reply["ETag"] == expected["ETag"], "\(order)")
            }
        }
    }
}
