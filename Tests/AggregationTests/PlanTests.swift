// A route compiled: what starts at once, what waits for what, in which order the answer is written.

import Configuration
import Testing

@testable import Aggregation

struct PlanTests {
    private func names(_ plan: Plan, _ indexes: [Int]) -> [String] { indexes.map { plan.parts[$0].name } }

    @Test func `begins with all parts that need no other`() throws {
        let plan = try PlanSamples.plan()

        #expect(names(plan, plan.initial) == ["conversation", "messages", "attentionItems"])
        #expect(plan.root == 0)
    }

    @Test func `knows who waits for whom`() throws {
        let plan = try PlanSamples.plan()

        #expect(names(plan, plan.parts[0].dependents) == ["contact", "account"])
        #expect(plan.parts[3].needs == [0])
        #expect(plan.parts[1].dependents == [])
    }

    @Test func `is written in the contract's order, whatever the configuration's`() throws {
        let plan = try PlanSamples.plan()
        let lines = PlanSamples.parts.split(separator: "\n")
        let shuffled = try PlanSamples.plan([3, 1, 4, 2, 0].map { String(lines[$0]) }.joined(separator: "\n"))

        #expect(names(plan, plan.order) == ["conversation", "contact", "account", "messages", "attentionItems"])
        #expect(
            names(shuffled, shuffled.order) == ["conversation", "contact", "account", "messages", "attentionItems"])
    }

    @Test func `a part that names one part twice waits for it once`() throws {
        let plan = try PlanSamples.plan(
            PlanSamples.parts + "\n"
                + #"- { name: pair, upstream: crm, path: "/pairs/{conversation.contactId}/{conversation.accountId}" }"#)

        #expect(plan.parts[5].needs == [0])
        #expect(names(plan, plan.parts[0].dependents) == ["contact", "account", "pair"])
    }

    @Test func `parts that the contract does not name come behind, in the configuration's order`() throws {
        let plan = try PlanSamples.plan(
            #"- { name: zebra, upstream: crm, path: /zebra }"# + "\n" + #"- { name: ant, upstream: crm, path: /ant }"#
                + "\n"
                + PlanSamples.parts)

        #expect(names(plan, plan.order).suffix(2) == ["zebra", "ant"])
        #expect(names(plan, plan.order).first == "conversation")
    }
}

struct CallPathTests {
    private func fill(_ path: String, _ captures: [String?] = []) throws -> CallPath.Filled {
        let plan = try PlanSamples.plan(
            PlanSamples.parts + "\n" + #"- { name: extra, upstream: crm, path: "\#(path)" }"#)
        let progress = Progress(plan)
        progress.keep([], captures, of: 0)
        return plan.parts[5].path.fill(parameters: ["id": PlanBench.id], captures: progress)
    }

    private func text(_ filled: CallPath.Filled) -> String? {
        if case .path(let path, _) = filled { path } else { nil }
    }

    @Test func `is filled with parameters and members`() throws {
        #expect(text(try fill("/a/{id}/b/{conversation.contactId}", ["ct-1"])) == "/a/\(PlanBench.id)/b/ct-1")
        #expect(text(try fill("/plain/path")) == "/plain/path")
        #expect(text(try fill("/{id}")) == "/\(PlanBench.id)")
        #expect(text(try fill("/a/{id}/")) == "/a/\(PlanBench.id)/")
    }

    @Test(arguments: [
        ("ct 7/ü?#%2F", "/c/ct%207%2F%C3%BC%3F%23%252F"), ("a.b", "/c/a.b"), ("...", "/c/..."), ("\r\n", "/c/%0D%0A"),
        ("\0", "/c/%00"), ("a~_-.", "/c/a~_-."),
    ])
    func `a member is one segment, whatever it holds`(member: String, path: String) throws {
        #expect(text(try fill("/c/{conversation.contactId}", [member])) == path)
    }

    @Test(arguments: ["", ".", ".."])
    func `what cannot be a segment is impossible`(member: String) throws {
        guard case .impossible = try fill("/c/{conversation.contactId}", [member]) else {
            Issue.record("\(member) became a segment")
            return
        }
    }

    @Test(arguments: [[nil], []] as [[String?]])
    func `a member that is null, or of a part that is missing, leaves nothing to call for`(captures: [String?]) throws {
        guard case .null = try fill("/c/{conversation.contactId}", captures) else {
            Issue.record("there was a path")
            return
        }
    }

    @Test func `tells what stands behind each literal segment, unencoded`() throws {
        guard case .path(_, let segments) = try fill("/a/{id}/b/{conversation.contactId}/c", ["x/y"]) else {
            Issue.record("there was no path")
            return
        }

        #expect(segments.map(\.name) == ["a", "b"])
        #expect(segments.map(\.value) == [PlanBench.id, "x/y"])
    }
}
