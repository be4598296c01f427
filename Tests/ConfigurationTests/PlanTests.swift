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

@Suite struct PlanCostTests {
    private func upstream(_ name: String, retries: Int, endpoints: Int = 1) -> UpstreamSettings {
        var upstream = UpstreamSettings(
            name: name, endpoints: (0..<endpoints).map { .url("http://127.0.0.1:\($0 + 1)") })
        upstream.timeouts.attempt = .milliseconds(1000)
        upstream.timeouts.connect = .milliseconds(300)
        upstream.retries.attempts = retries
        upstream.retries.backoffBase = .milliseconds(100)
        upstream.retries.backoffCap = .milliseconds(150)
        return upstream
    }

    /// `root`, and `second` behind it, at upstreams of the same names.
    private func cost(_ upstreams: [UpstreamSettings], calls: Int, deadline: Duration) throws -> PlanCost {
        let parts = [
            PartSettings(
                name: "root", upstream: "root", path: PathTemplate(segments: [.parameter("id")]), into: .root),
            PartSettings(
                name: "second", upstream: "second",
                path: PathTemplate(segments: [.member(part: "root", name: "id")]), into: .member("second")),
        ]
        var route = RouteSettings(
            name: "r", path: PathTemplate(segments: [.parameter("id")]), parameters: ["id": .token],
            upstreamCalls: calls, notFound: "Not found", parts: parts)
        route.deadline = deadline
        let graph = try #require(PlanGraph(parts, upstreams: upstreams))
        return PlanCost(route, graph, upstreams: upstreams)
    }

    @Test func `adds every attempt and the longest wait before it`() throws {
        let cost = try cost(
            [upstream("root", retries: 2), upstream("second", retries: 0)], calls: 20, deadline: .seconds(10))

        #expect(cost.slowest.map(\.part) == ["root", "second"])
        #expect(cost.slowest.map(\.again) == [.milliseconds(2250), .zero])
        #expect(cost.retriedTime == .milliseconds(4250))
        #expect(cost.worstTime == .milliseconds(4250))
        #expect(cost.warnings.isEmpty)
    }

    @Test func `adds connecting in vain to each other endpoint`() throws {
        let cost = try cost(
            [upstream("root", retries: 1, endpoints: 3), upstream("second", retries: 0)], calls: 20,
            deadline: .seconds(10))

        #expect(cost.slowest.first?.again == .milliseconds(1100 + 2 * 300))
    }

    @Test func `tries again no more often than the route may call, and where it takes longest`() throws {
        let upstreams = [upstream("root", retries: 2), upstream("second", retries: 2)]

        let none = try cost(upstreams, calls: 2, deadline: .seconds(10))
        let two = try cost(upstreams, calls: 4, deadline: .seconds(10))

        #expect(none.retriedTime == .seconds(2))
        #expect(two.retriedTime == .milliseconds(2000 + 1150 + 1100))
    }

    @Test func `warns when the deadline cuts retries off, which is then the worst time`() throws {
        let upstreams = [upstream("root", retries: 1), upstream("second", retries: 1)]

        let exact = try cost(upstreams, calls: 4, deadline: .milliseconds(4200))
        let short = try cost(upstreams, calls: 4, deadline: .milliseconds(4199))

        #expect(exact.warnings == [])
        #expect(short.worstTime == .milliseconds(4199))
        #expect(
            short.warnings == [
                "with every retry the longest path takes 4200ms; the deadline of 4199ms cuts the last ones off"
            ])
    }
}

@Suite struct TextTests {
    private let settings: Settings

    init() throws {
        let text = try String(contentsOf: Folders.config.appending(path: "gateway.yaml"), encoding: .utf8)
        let secret = text.replacing("headers: {}", with: "headers: { Authorization: \"Bearer ${TOKEN}\" }")
        settings = try read(secret, environment: ["TOKEN": "hunter2"])
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

    @Test func `shows the sample's plan to programs`() throws {
        try expect(PlanDocument(settings).json.written() + "\n", in: "plan.json")
        try expect(PlanDocument(settings).dot, in: "plan.dot")
    }

    @Test func `tells what is off`() {
        var settings = settings
        let always = [
            "TLS", "client certificates", "tokens", "token for operators", "trusted proxies", "PROXY protocol",
            "/readyz at listeners", "CORS", "traces",
        ]
        let parts = [
            "answers without a part (onFailure)", "earlier replies for failed parts (staleIfError)",
        ]
        #expect(
            settings.turnedOff
                == always + ["rates in Redis", "health checks of crm", "hedging", "adaptive limits"] + parts + [
                    "reuse of answers"
                ])

        settings.rateLimit.isOff = true
        settings.telemetry.accessLog = .off
        settings.upstreams[0].coalesce = false
        settings.upstreams[0].hedge = .afterP95
        settings.upstreams[1].concurrency.adaptive = true
        settings.routes[0].parts[3].schema = nil
        settings.routes[0].parts[3].staleIfError = .seconds(60)
        settings.routes[0].parts[4].onFailure = .null
        settings.routes[0].reuse = .seconds(1)

        #expect(
            settings.turnedOff == ["rate limits", "access log", "checking replies of contact"] + always + [
                "health checks of crm", "hedging of crm", "adaptive limits of conversations",
                "coalescing of conversations",
            ])
    }

    @Test func `says where answers are given again, and for how long`() {
        var settings = settings
        settings.routes[0].reuse = .milliseconds(1500)

        let summary = SettingsSummary(settings).description
        let plan = PlanText(settings.routes[0], upstreams: settings.upstreams).description

        #expect(summary.contains("deadline 3s  reuse 1500ms\n"))
        #expect(plan.contains("\n  reuse              an answer is given again to equal requests for 1500ms\n"))
        #expect(PlanDocument(settings).json.written().contains("\"reuseMs\": 1500"))
        #expect(settings.document.written().contains("\"reuse\": \"1500ms\""))
    }

    private func expect(_ said: String, in name: String) throws {
        let file = Folders.samples.appending(path: name)
        if Folders.isWriting { try Data(said.utf8).write(to: file) }

        let hint: Comment = "if \(name) is out of date, write it anew with WRITE_GOLDEN=1 swift test"
        #expect(said == (try String(contentsOf: file, encoding: .utf8)), hint)
        #expect(said.split(separator: "\n", omittingEmptySubsequences: false).count < 100)
        #expect(!said.contains("hunter2"))
    }
}
