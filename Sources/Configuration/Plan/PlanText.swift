// What `gateway plan` prints of a route: which call waits for which, what that can take, what it can cost.

/// A route's plan in a few lines, for a person.
package struct PlanText: CustomStringConvertible {
    private let route: RouteSettings
    private let upstreams: [UpstreamSettings]

    package init(_ route: RouteSettings, upstreams: [UpstreamSettings]) {
        self.route = route
        self.upstreams = upstreams
    }

    package var description: String {
        guard let graph = PlanGraph(route.parts, upstreams: upstreams) else {
            return "route \(route.name) has no plan\n"
        }
        let cost = PlanCost(route, graph, upstreams: upstreams)
        let lines =
            ["route \(route.name)  GET \(route.path)", ""]
            + Table(graph.parts.sorted { $0.level < $1.level }.map(row)).lines.map { "  " + $0 }
            + [""] + Table(facts(graph, cost)).lines.map { "  " + $0 }
            + cost.warnings.map { "  warning: \($0)" }
        return lines.joined(separator: "\n") + "\n"
    }

    /// One arrow for each part before it.
    private func row(_ part: PlanGraph.Part) -> [String] {
        [
            String(repeating: "→ ", count: part.level) + part.name,
            "GET \(part.upstream) \(route.path(of: part.name))",
            part.waitsFor.isEmpty ? "starts at once" : "after " + part.waitsFor.joined(separator: ", "),
            "ends by \(part.latestEnd.written)",
        ]
    }

    private func facts(_ graph: PlanGraph, _ cost: PlanCost) -> [[String]] {
        let attempts = graph.criticalPath.compactMap { name in
            graph.parts.first { $0.name == name }.map { "\(name) \($0.attempt.written)" }
        }
        let retried = cost.slowest.map { step in
            step.again == .zero
                ? "\(step.part) \(step.attempt.written)"
                : "\(step.part) \(step.attempt.written) + \(step.again.written)"
        }
        let isCut = cost.worstTime == cost.deadline
        return [
            ["critical path", attempts.joined(separator: " → ") + " = " + graph.criticalTime.written],
            ["with retries", retried.joined(separator: " → ") + " = " + cost.retriedTime.written],
            [
                "worst-case time",
                isCut
                    ? "\(cost.worstTime.written), the deadline"
                    : "\(cost.worstTime.written); the deadline is \(cost.deadline.written)",
            ],
            ["calls per request", calls(cost)],
        ] + (route.reuse.map { [["reuse", "an answer is given again to equal requests for \($0.written)"]] } ?? [])
    }

    private func calls(_ cost: PlanCost) -> String {
        let usual =
            cost.leastCalls == cost.usualCalls ? "\(cost.leastCalls)" : "\(cost.leastCalls) to \(cost.usualCalls)"
        return "\(usual), at most \(cost.mostCalls) with retries and hedges"
    }
}

extension RouteSettings {
    /// What a part asks its upstream for, with places for what is filled in.
    func path(of part: String) -> String {
        parts.first { $0.name == part }?.path.description ?? ""
    }
}
