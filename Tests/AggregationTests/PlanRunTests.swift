// The walk through a plan that goes well: what is called when, and what the answer is made of.

import Pipeline
import Testing

@testable import Aggregation

@Suite(.timeLimit(.minutes(1)))
struct PlanRunTests {
    @Test func `the answer is the parts in the contract's order, byte for byte`() async throws {
        let answer = try await onBench { try await $0.answer() }

        #expect(
            answer == """
                {"id":"\(PlanBench.id)","tenantId":"t-1","workspaceId":"ws-1","channelId":"ch-1","contactId":"ct-1",\
                "accountId":"ac-1","status":"active","summary":null,"subject":null,"outcome":null,"messageCount":0,\
                "lastMessageAt":null,"createdAt":"c","updatedAt":"u",\
                "contact":{"id":"ct-1","tenantId":"t-1","resolutionStatus":"resolved","externalRef":null,"firstName":null,"lastName":null,"name":null,\
                "email":null,"phone":null,"companyName":null,"accountId":null,"accountName":null,"identities":[],\
                "createdAt":"c","updatedAt":"u"},\
                "account":{"id":"ac-1","tenantId":"t-1","name":"A","resolutionStatus":"resolved","externalRef":null,\
                "emailDomain":null,"vatNumber":null,"vatValid":null,"country":null,"phone":null,"website":null,\
                "companyType":null,"createdAt":null,"updatedAt":null},"messages":[],"attentionItems":[]}
                """)
    }

    @Test func `the same replies give the same bytes, in whatever order they come`() async throws {
        let paths = [PlanBench.messages, PlanBench.items, PlanBench.contact, PlanBench.account]
        let orders = [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]]
        var answers: Set<String> = []
        for order in orders {
            let held = Dictionary(uniqueKeysWithValues: paths.map { ($0, ScriptedAnswer.held) })
            let answer = try await onBench(held) { bench in
                let run = await bench.begin { try? await bench.answer() }
                for index in order {
                    try bench.upstreams.release(paths[index], PlanSamples.answers[paths[index]] ?? .gone)
                }
                return await run.value
            }
            answers.insert(try #require(answer))
        }

        #expect(answers.count == 1)
    }

    @Test func `all that needs nothing starts at once`() async throws {
        let held: [String: ScriptedAnswer] = [
            PlanBench.conversation: .held, PlanBench.messages: .held, PlanBench.items: .held,
        ]
        let paths = try await onBench(held) { bench in
            let run = await bench.begin { await bench.failure() }
            let paths = bench.upstreams.paths
            try bench.upstreams.release(PlanBench.conversation, .gone)
            _ = await run.value
            return paths
        }

        #expect(paths == [PlanBench.conversation, PlanBench.messages, PlanBench.items])
    }

    @Test func `contact and account start the moment the conversation is there, whatever the others do`() async throws {
        let held: [String: ScriptedAnswer] = [
            PlanBench.conversation: .held, PlanBench.messages: .held, PlanBench.items: .held,
        ]
        let (before, after) = try await onBench(held) { bench in
            let run = await bench.begin { await bench.failure() }
            let before = bench.upstreams.paths.count
            try bench.upstreams.release(PlanBench.conversation, .json(PlanSamples.conversation()))
            let after = bench.upstreams.paths.suffix(2)
            try bench.upstreams.release(PlanBench.messages, .json("[]"))
            try bench.upstreams.release(PlanBench.items, .json("[]"))
            #expect(await run.value == nil)
            return (before, Array(after))
        }

        #expect(before == 3)
        #expect(after == [PlanBench.contact, PlanBench.account])
    }

    @Test func `a null id makes no call and gives null`() async throws {
        let conversation = PlanSamples.conversation(contact: "null", account: "null")
        let (answer, paths, contact) = try await onBench([PlanBench.conversation: .json(conversation)]) { bench in
            (try await bench.answer(), bench.upstreams.paths.count, bench.parts.first { $0.name == "contact" })
        }

        #expect(answer.contains(#""contact":null,"account":null"#))
        #expect(paths == 3)
        #expect(contact?.outcome == .skipped)
        #expect(contact?.attempts == 0)
    }

    @Test func `a record that is gone is null where the plan says so`() async throws {
        let (answer, outcome) = try await onBench([PlanBench.contact: .gone]) { bench in
            (try await bench.answer(), bench.outcome("contact"))
        }

        #expect(answer.contains(#""contact":null,"account":{"#))
        #expect(outcome == .gone)
    }

    @Test func `an id is one segment of the path, whatever it holds`() async throws {
        let conversation = PlanSamples.conversation(contact: #""a b/c""#)
        let paths = try await onBench([
            PlanBench.conversation: .json(conversation), "/contacts/a%20b%2Fc": .json(PlanSamples.contact),
        ]) { bench in
            _ = try await bench.answer()
            return bench.upstreams.paths
        }

        #expect(paths.contains("/contacts/a%20b%2Fc"))
    }

    @Test func `each call carries the caller's tenant, the request's id and deadline, and its part`() async throws {
        let calls = try await onBench { bench in
            _ = try await bench.answer()
            return bench.upstreams.calls
        }

        #expect(calls.allSatisfy { $0.asker.tenant == "t-1" && $0.asker.requestID == "request-1" })
        #expect(Set(calls.map(\.deadline)).count == 1)
        #expect(Set(calls.map(\.part)) == ["conversation", "messages", "attentionItems", "contact", "account"])
    }

    @Test func `the record tells of each part once, with its times`() async throws {
        let parts = try await onBench { bench in
            _ = try await bench.answer()
            return bench.parts
        }

        #expect(parts.map(\.name).sorted() == ["account", "attentionItems", "contact", "conversation", "messages"])
        #expect(parts.allSatisfy { $0.outcome == .fetched && $0.attempts == 1 && $0.started <= $0.ended })
    }

    @Test func `one runner answers many at once`() async throws {
        let answers = try await onBench { bench in
            await withTaskGroup(of: String?.self) { group in
                for _ in 0..<50 { group.addTask { try? await bench.answer() } }
                return await group.reduce(into: []) { $0.append($1) }
            }
        }

        #expect(answers.count == 50)
        #expect(Set(answers).count == 1)
    }

    @Test func `the record gets to know the plan, where its calls stand in it, and when it merged`() async throws {
        let (record, places) = try await onBench { bench in
            _ = try await bench.answer()
            return (bench.told, bench.upstreams.calls.map { ($0.part, Int($0.place)) })
        }

        let outline = try #require(record.outline)
        #expect(outline.parts.map(\.name) == ["conversation", "messages", "attentionItems", "contact", "account"])
        #expect(outline.parts.map(\.needs) == [[], [], [], [0], [0]])
        #expect(outline.parts.map(\.upstream).suffix(2) == ["crm", "crm"])
        for (name, place) in places { #expect(outline.parts[place].name == name) }
        for part in record.parts { #expect(outline.parts[part.place].name == part.name) }
        let (started, ended) = (try #require(record.mergeStarted), try #require(record.mergeEnded))
        #expect(record.parts.allSatisfy { $0.ended <= started })
        #expect(started <= ended)
    }
}
