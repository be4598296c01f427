// Every part with everything an upstream can do to it, through the whole gateway: the client gets what the contract says,
// learns nothing of the upstream, and the next request is answered as if nothing had happened.

import Configuration
import Foundation
import StubUpstreams
import Support
import Testing

@Suite struct MisbehaviourTests {
    /// Has all five parts, and lists that are not empty.
    private static let asked = Fixtures.resolved

    @Test(arguments: Part.all)
    func `turns what an upstream does wrong into the contract's answer`(_ part: Part) async throws {
        try await withGateway(settings: { settings in
            settings.tryOnce(maxBody: 16_384)
            settings.change(part.upstream) {
                $0.timeouts.attempt = .seconds(1)
                // A connection that was reset after its reply may still look good to the next request, which is then to be
                // answered by a retry. What does wrong here does so each time.
                $0.retries.attempts = 1
                $0.retries.minimum = 1000
            }
        }) { gateway in
            let right = try await gateway.get(Self.asked)
            try #require(right.status == 200)

            for misbehaviour in Misbehaviour.all(of: part) {
                gateway.stubs.replace(script: Script(rules: [part.rule(misbehaviour.actions)]))
                let reply = try await gateway.get(Self.asked)
                gateway.stubs.replace(script: Script())
                let next = try await gateway.get(Self.asked)

                check(reply, misbehaviour, of: part)
                let isRight = next.body == right.body
                #expect(
                    isRight, "after: \(part.name) \(misbehaviour.name): \(next.status) \(next["Proxy-Status"] ?? "")")
            }
            #expect(await gateway.idle().isEmpty)
        }
    }

    @Test(arguments: Part.all)
    func `answers 502 when a service resets each connection`(_ part: Part) async throws {
        let script = Script(rules: [Rule(service: part.service, .resetAtAccept)])
        try await withGateway(script: script, settings: { $0.tryOnce() }) { gateway in
            let reply = try await gateway.get(Self.asked)

            let hop = part.upstream
            expectError(reply, status: 502, "An upstream service failed")
            let status = reply["Proxy-Status"] ?? ""
            // The reset may come while libcurl still connects, or while it sends.
            #expect(
                status.contains("; error=connection_terminated; ") || status.contains("; error=connection_refused; "))
            #expect(status.contains("; next-hop=\(hop); "))
        }
    }

    @Test(arguments: ["conversations", "crm"])
    func `answers 502 when nobody listens`(_ upstream: String) async throws {
        let closed = try HeldPort()
        try await withGateway(
            settings: { settings in
                settings.tryOnce()
                settings.change(upstream) { $0.endpoints = [.url("http://127.0.0.1:\(closed.port)")] }
            },
            { gateway in
                let reply = try await gateway.get(Self.asked)

                expectError(reply, status: 502, "An upstream service failed")
                let status = reply["Proxy-Status"] ?? ""
                #expect(
                    status.hasPrefix("conversation-gateway; error=connection_refused; next-hop=\(upstream); details="))
            })
    }

    private func check(_ reply: HTTPReply, _ misbehaviour: Misbehaviour, of part: Part) {
        let context: Comment =
            "\(part.name) \(misbehaviour.name): \(reply.status) \(reply["Proxy-Status"] ?? "") \(reply.text.prefix(80))"
        let hop = part.upstream
        let words = (reply["Proxy-Status"] ?? "").components(separatedBy: "; ")
        switch misbehaviour.outcome {
        case .whole:
            #expect(reply.status == 200, context)
            let leaks = reply.text.contains("java")
            #expect(!leaks, context)
            let isPlain = !reply.has("Gateway-Parts") && !reply.has("Proxy-Status")
            #expect(isPlain, context)
            return
        case .unknown:
            expectError(reply, status: 404, "Conversation not found", context)
            #expect(reply["Proxy-Status"] == nil, context)
            return
        case .error(let errors):
            let error = errors.first { words.contains("error=\($0)") }
            expectError(reply, status: error.map(Misbehaviour.status) ?? 0, nil, context)
        case .received(let status):
            expectError(reply, status: 502, "An upstream service failed", context)
            #expect(words.contains("received-status=\(status)"), context)
            #expect(!words.contains { $0.hasPrefix("error=") }, context)
        case .busy(let retryAfter):
            expectError(reply, status: 503, nil, context)
            #expect(words.contains("error=destination_unavailable"), context)
            #expect(reply["Retry-After"] == retryAfter, context)
        }
        #expect(words.first == "conversation-gateway", context)
        #expect(words.contains("next-hop=\(hop)"), context)
        #expect(words.last?.hasPrefix("details=\"\(part.name): ") == true, context)
    }
}
