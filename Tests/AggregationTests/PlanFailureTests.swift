// The walk through a plan that goes wrong: whose failure is the answer's, and what becomes of the other calls.

import Pipeline
import Testing
import Upstream

@testable import Aggregation

@Suite(.timeLimit(.minutes(1)))
struct PlanFailureTests {
    private let held: [String: ScriptedAnswer] = [
        PlanBench.conversation: .held, PlanBench.messages: .held, PlanBench.items: .held, PlanBench.contact: .held,
        PlanBench.account: .held,
    ]

    // MARK: Whose failure

    @Test(arguments: [
        (PlanBench.messages, "messages", "conversations"), (PlanBench.items, "attentionItems", "conversations"),
        (PlanBench.contact, "contact", "crm"), (PlanBench.account, "account", "crm"),
        (PlanBench.conversation, "conversation", "conversations"),
    ])
    func `a part's failure is the answer's, and names the part`(path: String, part: String, upstream: String)
        async throws
    {
        let failure = try await onBench([path: .failure(.serverError)]) { await $0.failure() }

        #expect(failure?.kind == .serverError)
        #expect(failure?.origin == .upstream(upstream, part: part))
    }

    @Test func `of several that failed the one declared first counts, whichever came first`() async throws {
        let failure = try await onBench(held) { bench in
            let run = await bench.begin { await bench.failure() }
            try bench.upstreams.release(PlanBench.items, .failure(.readTimeout))
            try bench.upstreams.release(PlanBench.conversation, .failure(.serverError))
            return await run.value
        }

        #expect(failure?.kind == .serverError)
        #expect(failure?.origin == .upstream("conversations", part: "conversation"))
    }

    @Test func `what was cancelled because another failed is no failure of its own`() async throws {
        let (failure, outcomes) = try await onBench(held) { bench in
            let run = await bench.begin { await bench.failure() }
            // `messages` is declared before it, and cancelled because of it.
            try bench.upstreams.release(PlanBench.items, .failure(.readTimeout))
            try bench.upstreams.release(PlanBench.conversation, .json(PlanSamples.conversation()))
            return (await run.value, bench.parts.map { "\($0.name) \($0.outcome)" }.sorted())
        }

        #expect(failure?.kind == .readTimeout)
        #expect(failure?.origin == .upstream("conversations", part: "attentionItems"))
        #expect(
            outcomes == [
                "attentionItems failed(Pipeline.Failure.Kind.readTimeout)", "conversation fetched",
                "messages cancelled",
            ])
    }

    @Test(arguments: [ScriptedAnswer.gone, .json(PlanSamples.conversation(tenant: "t-2"))])
    func `that there is no such conversation wins over all other failures`(root: ScriptedAnswer) async throws {
        let failure = try await onBench(held) { bench in
            let run = await bench.begin { await bench.failure() }
            try bench.upstreams.release(PlanBench.messages, .failure(.readTimeout))
            try bench.upstreams.release(PlanBench.conversation, root)
            return await run.value
        }

        #expect(failure?.kind == .recordNotFound)
    }

    @Test func `another tenant's conversation is unknown, as is one of a workspace that the key may not see`()
        async throws
    {
        let other = try await onBench([PlanBench.conversation: .json(PlanSamples.conversation(tenant: "t-2"))]) {
            await $0.failure()
        }
        let hidden = try await onBench { await $0.failure(workspace: "ws-2") }
        let seen = try await onBench { await $0.failure(workspace: "ws-1") }

        #expect(other?.kind == .recordNotFound)
        #expect(hidden?.kind == .recordNotFound)
        #expect(seen == nil)
    }

    @Test func `a record that names no workspace is unknown to a key of one, also where the contract only warns`()
        async throws
    {
        let nameless = PlanSamples.conversation().replacing(#""workspaceId":"ws-1","#, with: "")
        let (bound, free) = try await onBench(
            contract: "contract: { mode: warn }", [PlanBench.conversation: .json(nameless)]
        ) {
            (await $0.failure(workspace: "ws-1"), await $0.failure())
        }

        #expect(bound?.kind == .recordNotFound)
        #expect(free == nil)
    }

    @Test(arguments: [PlanSamples.parts, PlanSamples.lenient])
    func `another tenant's record is told to the security log, also where the part may be missing`(
        parts: String
    ) async throws {
        let log = Logged()
        let contact = PlanSamples.contact.replacing("t-1", with: "t-2")
        let failure = try await onBench(parts: parts, log: log, [PlanBench.contact: .json(contact)]) {
            await $0.failure()
        }

        #expect(failure?.kind == (parts == PlanSamples.lenient ? nil : .wrongTenant))
        #expect(log.lines.count == 1)
        #expect(log.lines.first?.hasPrefix("security wrong_tenant credential=test request=request-1 ") == true)
        // Neither tenant is named: the log may be read by others than the two.
        #expect(log.lines.first?.contains("t-2") == false)
    }

    @Test(arguments: [(512, true), (513, false), (8 << 20, false)])
    func `an id is at most 512 bytes, and a longer one breaks the contract`(length: Int, isAsked: Bool) async throws {
        let id = String(repeating: "a", count: length)
        let conversation = PlanSamples.conversation(contact: "\"\(id)\"")
        let (failure, paths) = try await onBench([PlanBench.conversation: .json(conversation)]) { bench in
            (await bench.failure(), bench.upstreams.paths)
        }

        #expect(failure?.kind == (isAsked ? nil : .contractBroken))
        #expect(paths.contains("/contacts/\(id)") == isAsked)
    }

    @Test func `another part's record of another tenant fails the answer`() async throws {
        let contact = PlanSamples.contact.replacing("t-1", with: "t-2")
        let failure = try await onBench([PlanBench.contact: .json(contact)]) { await $0.failure() }

        #expect(failure?.kind == .wrongTenant)
        #expect(failure?.origin == .upstream("crm", part: "contact"))
    }

    @Test(arguments: [
        (#"{"id":"ct-1""#, Failure.Kind.replyMalformed), ("", .replyMalformed), ("[]", .contractBroken),
        (#"{"id":"ct-1","tenantId":"t-1"}"#, .contractBroken),
    ])
    func `a reply that cannot be used is the part's failure`(text: String, kind: Failure.Kind) async throws {
        let failure = try await onBench([PlanBench.contact: .json(text)]) { await $0.failure() }

        #expect(failure?.kind == kind)
        #expect(failure?.origin == .upstream("crm", part: "contact"))
    }

    @Test(arguments: ["", ".", ".."])
    func `an id that cannot be a segment of a path breaks the contract, and asks nothing`(id: String) async throws {
        let conversation = PlanSamples.conversation(contact: "\"\(id)\"")
        let (failure, paths) = try await onBench([PlanBench.conversation: .json(conversation)]) { bench in
            (await bench.failure(), bench.upstreams.paths)
        }

        #expect(failure?.kind == .contractBroken)
        #expect(!paths.contains { $0.hasPrefix("/contacts") })
    }

    @Test func `a record that is gone fails the answer where the plan says so`() async throws {
        let failure = try await onBench([PlanBench.messages: .gone]) { await $0.failure() }

        #expect(failure?.kind == .recordNotFound)
        #expect(failure?.origin == .upstream("conversations", part: "messages"))
    }

    // MARK: The others

    @Test func `a failure cancels the calls in flight, except the root's, which is waited for`() async throws {
        let (cancelled, isOver) = try await onBench(held) { bench in
            let over = Confined(Flag())
            let run = await bench.begin {
                let failure = await bench.failure()
                over.value.isSet = true
                return failure
            }
            try bench.upstreams.release(PlanBench.items, .failure(.serverError))
            await withCheckedContinuation { continuation in bench.loop.submit { continuation.resume() } }
            let cancelled = bench.upstreams.cancelled
            let isOver = over.value.isSet
            try bench.upstreams.release(PlanBench.conversation, .json(PlanSamples.conversation()))
            _ = await run.value
            return (cancelled, isOver)
        }

        #expect(cancelled == [PlanBench.messages])
        #expect(!isOver)
    }

    @Test func `nothing starts after a failure`() async throws {
        let paths = try await onBench(held) { bench in
            let run = await bench.begin { await bench.failure() }
            try bench.upstreams.release(PlanBench.items, .failure(.serverError))
            try bench.upstreams.release(PlanBench.conversation, .json(PlanSamples.conversation()))
            _ = await run.value
            return bench.upstreams.paths
        }

        #expect(paths.count == 3)
    }

    @Test func `the root's failure cancels all others at once`() async throws {
        let cancelled = try await onBench(held) { bench in
            let run = await bench.begin { await bench.failure() }
            try bench.upstreams.release(PlanBench.conversation, .failure(.serverError))
            let failure = await run.value
            #expect(failure?.kind == .serverError)
            return bench.upstreams.cancelled.sorted()
        }

        #expect(cancelled == [PlanBench.items, PlanBench.messages].sorted())
    }

    @Test func `one CRM call's failure cancels the other's`() async throws {
        let cancelled = try await onBench([PlanBench.contact: .held, PlanBench.account: .held]) { bench in
            let run = await bench.begin { await bench.failure() }
            try bench.upstreams.release(PlanBench.account, .failure(.serverError), of: "crm")
            _ = await run.value
            return bench.upstreams.cancelled
        }

        #expect(cancelled == [PlanBench.contact])
    }

    // MARK: Parts that may be missing

    @Test(arguments: [
        ScriptedAnswer.failure(.readTimeout), .failure(.circuitOpen), .json("not JSON"), .json("{}"),
    ])
    func `a part that may be missing is null, and the answer stands`(answer: ScriptedAnswer) async throws {
        let (text, outcome) = try await onBench(parts: PlanSamples.lenient, [PlanBench.contact: answer]) { bench in
            (try await bench.answer(), bench.outcome("contact"))
        }

        #expect(text.contains(#""contact":null,"account":{"#))
        guard case .missing? = outcome else {
            Issue.record("the contact was \(String(describing: outcome))")
            return
        }
    }

    @Test func `what waits for a part that is missing is not called and null`() async throws {
        let parts =
            PlanSamples.lenient + "\n"
            + #"- { name: owner, upstream: crm, path: "/owners/{contact.accountId}", onNotFound: "null" }"#
        let (text, owner, paths) = try await onBench(parts: parts, [PlanBench.contact: .failure(.serverError)]) {
            bench in
            (try await bench.answer(), bench.outcome("owner"), bench.upstreams.paths)
        }

        #expect(text.hasSuffix(#""owner":null}"#))
        #expect(owner == .skipped)
        #expect(!paths.contains { $0.hasPrefix("/owners") })
    }

    @Test func `a part that may be missing does not hide that the whole answer failed`() async throws {
        let failure = try await onBench(
            parts: PlanSamples.lenient,
            [PlanBench.contact: .failure(.serverError), PlanBench.items: .failure(.dnsError)]
        ) { await $0.failure() }

        #expect(failure?.kind == .dnsError)
    }

    // MARK: The client

    @Test(arguments: [true, false])
    func `a client that leaves cancels every call, the root's included`(onLoop: Bool) async throws {
        let (failure, cancelled) = try await onBench(held) { bench in
            let run = await bench.begin { await bench.failure() }
            if onLoop { run.cancel() } else { await Task.detached { run.cancel() }.value }
            return (await run.value, bench.upstreams.cancelled.sorted())
        }

        #expect(failure?.kind == .clientGone)
        #expect(failure?.origin == .downstream)
        #expect(cancelled == [PlanBench.conversation, PlanBench.items, PlanBench.messages].sorted())
    }

    @Test func `a client that left before asks nothing`() async throws {
        let (failure, calls) = try await onBench { bench in
            let run = await bench.begin {
                withUnsafeCurrentTask { $0?.cancel() }
                return await bench.failure()
            }
            return (await run.value, bench.upstreams.calls.count)
        }

        #expect(failure?.kind == .clientGone)
        #expect(calls == 0)
    }
}

private final class Flag {
    var isSet = false
}
