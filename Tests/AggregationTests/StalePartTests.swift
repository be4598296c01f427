// A part that failed, and an earlier reply in its place: when it may stand in, and when never.

import Pipeline
import Testing

@testable import Aggregation
@testable import JSON

@Suite struct StalePartTests {
    private static let parts = PlanSamples.parts.replacing(" }", with: ", staleIfError: 1m }")
    private static let subject = PlanSamples.conversation().replacing(#""shard":7"#, with: #""subject":"first""#)

    /// Runs the plan once with good replies, changes them, and runs it again.
    private func second(
        parts: String = parts, tenants: (String, String) = ("t-1", "t-1"), workspaces: (String?, String?) = (nil, nil),
        first: [String: ScriptedAnswer] = [PlanBench.conversation: .json(subject)], then: [String: ScriptedAnswer],
        log: Logged = Logged()
    ) async throws -> (text: String, failure: Failure.Kind?, outcomes: [String: RequestRecord.Outcome]) {
        try await onBench(parts: parts, log: log, first) { bench in
            _ = try await bench.answer(tenant: tenants.0, workspace: workspaces.0)
            bench.upstreams.answers.merge(then) { $1 }
            let before = bench.parts.count
            var text = ""
            var failure: Failure.Kind?
            do throws(Failure) {
                text = try await bench.answer(tenant: tenants.1, workspace: workspaces.1)
            } catch {
                failure = error.kind
            }
            let ended = bench.parts.dropFirst(before).map { ($0.name, $0.outcome) }
            return (text, failure, Dictionary(uniqueKeysWithValues: ended))
        }
    }

    private func isStale(_ outcome: RequestRecord.Outcome?) -> Bool {
        if case .stale = outcome { true } else { false }
    }

    @Test(arguments: [
        ScriptedAnswer.failure(.serverError), .failure(.throttled), .failure(.connectionRefused),
        .failure(.readTimeout), .failure(.circuitOpen), .failure(.noPlace), .failure(.noEndpoint),
        .failure(.deadlineExceeded), .failure(.replyTooLarge), .json("not JSON"), .json("{}"),
    ])
    func `an upstream that cannot answer is stood in for, its root included`(answer: ScriptedAnswer) async throws {
        let end = try await second(then: [PlanBench.conversation: answer, PlanBench.contact: answer])

        #expect(end.text.contains(#""subject":"first""#))
        #expect(end.text.contains(#""contact":{"id":"ct-1""#))
        #expect(isStale(end.outcomes["conversation"]))
        #expect(isStale(end.outcomes["contact"]))
        #expect(end.outcomes["messages"] == .fetched)
    }

    @Test(arguments: [
        (ScriptedAnswer.gone, Failure.Kind.recordNotFound), (.failure(.unexpectedStatus), .unexpectedStatus),
        (.failure(.internalError), .internalError), (.json(PlanSamples.conversation(tenant: "t-2")), .recordNotFound),
    ])
    func `what the upstream says of the record itself is never overruled`(
        answer: ScriptedAnswer, kind: Failure.Kind
    ) async throws {
        let end = try await second(then: [PlanBench.conversation: answer])

        #expect(end.failure == kind)
    }

    @Test func `a record that was gone does not come back when its upstream fails`() async throws {
        let outcomes = try await onBench(parts: Self.parts) { bench in
            _ = try await bench.answer()
            bench.upstreams.answers[PlanBench.contact] = .gone
            let gone = try await bench.answer()
            bench.upstreams.answers[PlanBench.contact] = .failure(.serverError)
            return (gone, await bench.failure()?.kind)
        }

        #expect(outcomes.0.contains(#""contact":null"#))
        #expect(outcomes.1 == .serverError)
    }

    @Test func `nobody gets what another tenant was answered`() async throws {
        let messages = #"{"data":[]}"#
        let end = try await second(
            tenants: ("t-1", "t-2"), first: [PlanBench.messages: .json(messages)],
            then: [
                PlanBench.conversation: .json(
                    PlanSamples.conversation(contact: "null", account: "null", tenant: "t-2")),
                PlanBench.messages: .failure(.serverError),
            ])

        #expect(end.failure == .serverError)
    }

    @Test func `a key for one workspace gets nothing that another key was answered`() async throws {
        let down: [String: ScriptedAnswer] = [PlanBench.conversation: .failure(.serverError)]

        let same = try await second(workspaces: ("ws-1", "ws-1"), then: down)
        let narrower = try await second(workspaces: (nil, "ws-1"), then: down)
        let other = try await second(workspaces: (nil, "ws-2"), then: down)

        #expect(isStale(same.outcomes["conversation"]))
        #expect(narrower.failure == .serverError)
        #expect(other.failure == .serverError)
    }

    @Test func `a part that did not ask for it fails as ever`() async throws {
        let end = try await second(parts: PlanSamples.parts, then: [PlanBench.contact: .failure(.serverError)])

        #expect(end.failure == .serverError)
    }

    @Test func `an earlier reply is better than none where a part may be missing`() async throws {
        let parts = PlanSamples.lenient.replacing(" }", with: ", staleIfError: 1m }")

        let end = try await second(parts: parts, then: [PlanBench.contact: .failure(.serverError)])

        #expect(end.text.contains(#""contact":{"id":"ct-1""#))
        #expect(isStale(end.outcomes["contact"]))
    }

    @Test func `what no longer fits the contract does not stand in`() async throws {
        // What was kept was good by `warn`; the plan that is run now has the same memory and enforces.
        let bad = PlanSamples.conversation().replacing(#""status":"active","#, with: "")
        let outcome = try await onBench(
            parts: Self.parts, contract: "contract: { mode: warn }", [PlanBench.conversation: .json(bad)]
        ) { bench in
            _ = try await bench.answer()
            bench.upstreams.answers[PlanBench.conversation] = .failure(.readTimeout)
            let lenient = await bench.failure()?.kind
            let strict = try await bench.failure(of: PlanSamples.plan(Self.parts))?.kind
            return (lenient, strict)
        }

        #expect(outcome.0 == nil)
        #expect(outcome.1 == .readTimeout)
    }

    @Test func `a client that leaves is no failure to stand in for`() async throws {
        let (kind, count) = try await onBench(parts: Self.parts) { bench in
            _ = try await bench.answer()
            bench.upstreams.answers[PlanBench.contact] = .held
            let task = await bench.begin { await bench.failure()?.kind }
            task.cancel()
            return (await task.value, bench.replaced)
        }

        #expect(kind == .clientGone)
        #expect(count == 0)
    }
}
