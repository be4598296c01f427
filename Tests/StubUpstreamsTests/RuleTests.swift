// Which rule decides about which call, and that chance is the same each time.

import Testing

@testable import StubUpstreams

struct RuleTests {
    private func statuses(_ stub: StubUpstreams, _ paths: [String]) async throws -> [Int?] {
        var statuses: [Int?] = []
        for path in paths { statuses.append(try await stub.get(path).status) }
        return statuses
    }

    @Test func `the first rule that holds decides alone`() async throws {
        try await withStub(
            Rule(service: .crm, .status(500)),
            Rule(
                service: .conversations, path: "/conversations/{id}", id: Fixtures.active.id.uppercased(), .status(501)),
            Rule(service: .conversations, path: "/conversations/{id}/messages", .status(502)),
            Rule(service: .conversations, path: "/conversations/*", .status(503)),
            Rule(name: "rest", .status(504))
        ) { stub in
            let other = "/conversations/\(Fixtures.new.id)"
            let found = try await statuses(stub, [Paths.active, Paths.messages, other, Paths.items, "/conversations"])

            #expect(found == [501, 502, 503, 503, 504])
            #expect(try await stub.get(Paths.contact, of: .crm).status == 500)
            #expect(stub.calls.map(\.rule) == ["rule 2", "rule 3", "rule 4", "rule 4", "rest", "rule 1"])
        }
    }

    @Test(arguments: [
        (Rule.Calls.all, [1, 2, 3, 4, 5, 6]), (.nth(3), [3]), (.first(2), [1, 2]), (.from(5), [5, 6]),
        (.every(3), [3, 6]), (.every(0), []),
    ])
    func `a rule holds for the calls it names`(_ calls: Rule.Calls, _ expected: [Int]) {
        #expect((1...6).filter(calls.includes) == expected)
    }

    @Test func `calls are counted per rule, and again after another script was installed`() async throws {
        let script = Script(rules: [Rule(path: "/conversations/{id}", calls: .nth(2), .status(500))])
        try await withStub { stub in
            stub.replace(script: script)
            let first = try await statuses(stub, [Paths.active, Paths.messages, Paths.active, Paths.active])
            stub.replace(script: script)
            let second = try await statuses(stub, [Paths.active, Paths.active])

            #expect(first == [200, 200, 500, 200])
            #expect(second == [200, 500])
        }
    }

    @Test func `a rule can be about connections that carried a call before`() async throws {
        try await withStub(Rule(reused: true, .reset(.headers))) { stub in
            let peer = try await Peer(to: stub.conversationsAddress)
            try await peer.ask(Paths.active)
            let first = try await peer.readReply()
            try await peer.ask(Paths.active)
            let second = try await peer.read()

            #expect(first.status == 200)
            #expect(second.end == .reset)
            #expect(second.bytes.isEmpty)
        }
    }

    /// What a rule of even chance says about twenty calls of a path, other paths' calls in between or not.
    private func decisions(seed: UInt64, interleaved: Bool) -> [Bool] {
        let rules = RuleBook(Script(seed: seed, rules: [Rule(probability: 0.5, .status(500))]))
        return (0..<20).map { number in
            for other in 0..<(interleaved ? number % 3 : 0) {
                _ = rules.decide(.crm, Target("/contacts/\(other)"), reused: false)
            }
            return rules.decide(.conversations, Target(Paths.active), reused: false) != nil
        }
    }

    @Test func `the same seed decides alike, whatever other paths are asked for`() {
        let alone = decisions(seed: 7, interleaved: false)
        let among = decisions(seed: 7, interleaved: true)
        let other = decisions(seed: 8, interleaved: false)

        #expect(alone == among)
        #expect(alone != other)
        #expect(Set(alone) == [true, false])
    }

    @Test func `the same seed draws the same delays and bytes`() throws {
        func drawn(_ seed: UInt64) -> String {
            let rule = Rule(.delay(.spread(.milliseconds(5), .milliseconds(50))), .garbage(bytes: 50))
            let rules = RuleBook(Script(seed: seed, rules: [rule]))
            return (0..<5).map { _ in
                let decision = rules.decide(.crm, Target(Paths.contact), reused: false)
                return decision.map { "\(ReplyPlan.steps(for: .healthy, $0.behaviour, $0.chance))" } ?? ""
            }.joined()
        }

        #expect(drawn(1) == drawn(1))
        #expect(drawn(1) != drawn(2))
    }

    @Test func `chance keeps to its probability, and a spread to its ends`() {
        let delay = Action.delay(.spread(.milliseconds(5), .milliseconds(50)))
        let rules = RuleBook(Script(seed: 3, rules: [Rule(probability: 0.2, delay)]))
        var delays: [Duration] = []
        for _ in 0..<5000 {
            guard let decision = rules.decide(.crm, Target("/x"), reused: false) else { continue }
            let steps = ReplyPlan.steps(for: .healthy, decision.behaviour, decision.chance)
            if case .pause(let duration)? = steps.first { delays.append(duration) }
        }

        #expect((850...1150).contains(delays.count))
        #expect(delays.allSatisfy { $0 >= .milliseconds(5) && $0 <= .milliseconds(50) })
        #expect(delays.contains { $0 < .milliseconds(10) } && delays.contains { $0 > .milliseconds(45) })
    }
}
