// Several parts may fail, and one failure is the answer: which one does not depend on luck.

import StubUpstreams
import Support
import Testing

@Suite struct WinningFailureTests {
    @Test(arguments: [[Action.status(404)], [.change(.wrongTenant)]])
    func `answers 404 for the root though another part failed first`(_ actions: [Action]) async throws {
        let root = Gate(), items = Gate()
        let script = Script.parts([
            "conversation": [.hold(root)] + actions, "messages": [.status(500)], "attentionItems": [.hold(items)],
        ])
        try await withGateway(script: script) { gateway in
            let client = try gateway.begin(Fixtures.active)
            // The failure has been seen once another call was cancelled for it.
            try await gateway.stubs.waitForCalls(1, to: "/conversations/{id}/attention-items", ended: .clientClosed)
            #expect(gateway.stubs.inProgress() == 1)
            await root.open()
            let reply = try await client.reply()

            expectError(reply, status: 404, "Conversation not found")
        }
    }

    @Test func `answers for the failed part when the root is there`() async throws {
        let root = Gate(), items = Gate()
        let script = Script.parts([
            "conversation": [.hold(root)], "messages": [.status(500)], "attentionItems": [.hold(items)],
        ])
        try await withGateway(script: script) { gateway in
            let client = try gateway.begin(Fixtures.active)
            try await gateway.stubs.waitForCalls(1, to: "/conversations/{id}/attention-items", ended: .clientClosed)
            await root.open()
            let reply = try await client.reply()

            expectError(reply, status: 502)
            #expect(reply["Proxy-Status"]?.contains("details=\"messages: ") == true)
            #expect(gateway.stubs.calls(to: "*", of: .crm).isEmpty)
        }
    }

    @Test func `answers for the part declared first among those that failed`() async throws {
        let root = Gate(), items = Gate()
        let script = Script.parts([
            "conversation": [.hold(root), .status(500)], "messages": [.status(429)], "attentionItems": [.hold(items)],
        ])
        try await withGateway(script: script) { gateway in
            let client = try gateway.begin(Fixtures.active)
            try await gateway.stubs.waitForCalls(1, to: "/conversations/{id}/attention-items", ended: .clientClosed)
            await root.open()
            let reply = try await client.reply()

            expectError(reply, status: 502)
            #expect(reply["Proxy-Status"]?.contains("details=\"conversation: ") == true)
        }
    }

    @Test func `cancels the calls that a failure makes useless`() async throws {
        let held = Gate()
        let script = Script.parts([
            "messages": [.hold(held)], "attentionItems": [.hold(held)], "account": [.hold(held)],
            "contact": [.status(500)],
        ])
        try await withGateway(script: script) { gateway in
            let reply = try await gateway.get(Fixtures.active)

            expectError(reply, status: 502)
            #expect(reply["Proxy-Status"]?.contains("details=\"contact: ") == true)
            #expect(await gateway.idle().isEmpty)
            #expect(gateway.stubs.calls(to: "/conversations/*").count { $0.outcome == .clientClosed } == 2)
        }
    }
}
