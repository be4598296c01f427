// What follows from the references between parts, and what is printed about it.

import Foundation
import Testing

@testable import Configuration

@Suite struct PlanTests {
    private let upstreams: [UpstreamSettings]

    init() {
        var fast = UpstreamSettings(name: "fast", endpoints: [])
        fast.timeouts.attempt = .milliseconds(100)
        var slow = UpstreamSettings(name: "slow", endpoints: [])
        slow.timeouts.attempt = .milliseconds(250)
        upstreams = [fast, slow]
    }

    private func part(_ name: String, _ upstream: String = "fast", after: String...) -> PartSettings {
        let path = PathTemplate(segments: after.map { .member(part: $0, name: "id") } + [.parameter("id")])
        return PartSettings(name: name, upstream: upstream, path: path, into: .member(name))
    }

    @Test func `starts parts without references at once`() throws {
        let graph = try #require(PlanGraph([part("a"), part("b", "slow")], upstreams: upstreams))

        #expect(graph.levels == [["a", "b"]])
        #expect(graph.criticalPath == ["b"])
        #expect(graph.criticalTime == .milliseconds(250))
    }

    @Test func `follows references whatever the order they are declared in`() throws {
        let parts = [part("d", after: "b", "c", "b"), part("c", "slow", after: "a"), part("b", after: "a"), part("a")]

        let graph = try #require(PlanGraph(parts, upstreams: upstreams))

        #expect(graph.parts.map(\.name) == ["d", "c", "b", "a"])
        #expect(graph.parts.map(\.level) == [2, 1, 1, 0])
        #expect(graph.parts[0].waitsFor == ["b", "c"])
        #expect(graph.levels == [["a"], ["c", "b"], ["d"]])
        #expect(graph.criticalPath == ["a", "c", "d"])
        #expect(graph.criticalTime == .milliseconds(450))
    }

    @Test func `has no graph of a circle or of an unknown upstream`() {
        #expect(PlanGraph([part("a", after: "b"), part("b", after: "a")], upstreams: upstreams) == nil)
        #expect(PlanGraph([part("a", after: "a")], upstreams: upstreams) == nil)
        #expect(PlanGraph([part("a", "none")], upstreams: upstreams) == nil)
    }

    @Test func `has a graph of no parts`() throws {
        let graph = try #require(PlanGraph([], upstreams: upstreams))

        #expect(graph.levels == [[]])
        #expect(graph.criticalTime == .zero)
    }

    @Test(arguments: [
        ("/a", "/a", true), ("/a", "/b", false), ("/a", "/{x}", true), ("/{x}", "/{y}", true),
        ("/a/{x}", "/{x}/b", true),
        ("/a/{x}", "/b/{x}", false), ("/a", "/a/b", false), ("/a/", "/a/{x}", false), ("/a/", "/a", false),
    ]) func `finds routes one path could mean`(left: String, right: String, expected: Bool) throws {
        let left = try PathTemplate(left), right = try PathTemplate(right)

        #expect(RouteOverlap.overlap(left, right) == expected)
        #expect(RouteOverlap.overlap(right, left) == expected)
    }

    @Test func `does not repeat times of the environment`() {
        let text = smallest().replacing("9101]", with: "9101], timeouts: { attempt: \"${TIME}\" }")

        let problems = problems(text, environment: ["TIME": "4321ms"])

        #expect(problems == ["gateway.yaml:5:5: the deadline `3s` is shorter than the longest path: thing"])
    }

    @Test func `accepts a deadline equal to the longest path`() {
        let parts =
            "- { name: a, upstream: things, path: /a }\n      - { name: b, upstream: things, path: \"/b/{a.id}\" }"
        let text = smallest(parts: parts)

        #expect(problems(text.replacing("    parts:", with: "    deadline: 3s\n    parts:")) == [])
        #expect(problems(text.replacing("    parts:", with: "    deadline: 2999ms\n    parts:")).count == 1)
    }
}

@Suite struct TextTests {
    private let settings: Settings

    init() throws {
        let text = try String(contentsOf: Folders.config.appending(path: "gateway.yaml"), encoding: .utf8)
        let secret = text.replacing("headers: {}", with: "headers: { Authorization: \"Bearer ${TOKEN}\" }")
        settings = try read(secret, environment: ["TOKEN": "hunter2"]).settings
    }

    @Test func `sums up the sample on one screen`() throws {
        let said = SettingsSummary(settings).description

        try expect(said, in: "summary.txt")
    }

    @Test func `shows the sample's plan`() throws {
        let said = settings.routes.map { PlanText($0, upstreams: settings.upstreams).description }.joined(
            separator: "\n")

        try expect(said, in: "plan.txt")
    }

    private func expect(_ said: String, in name: String) throws {
        let file = Folders.samples.appending(path: name)
        if Folders.isWriting { try Data(said.utf8).write(to: file) }

        let hint: Comment = "if \(name) is out of date, write it anew with WRITE_GOLDEN=1 swift test"
        #expect(said == (try String(contentsOf: file, encoding: .utf8)), hint)
        #expect(said.split(separator: "\n", omittingEmptySubsequences: false).count < 60)
        #expect(!said.contains("hunter2"))
    }
}
