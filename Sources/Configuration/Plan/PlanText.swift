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
        let lines =
            ["route \(route.name)  GET \(route.path)", ""]
            + Table(graph.parts.sorted { $0.level < $1.level }.map(row)).lines.map { "  " + $0 }
            + [""] + Table(facts(graph)).lines.map { "  " + $0 }
            + warnings(graph).map { "  warning: \($0)" }
        return lines.joined(separator: "\n") + "\n"
    }

    /// One arrow for each part before it.
    private func row(_ part: PlanGraph.Part) -> [String] {
        let settings = route.parts.first { $0.name == part.name }
        return [
            String(repeating: "→ ", count: part.level) + part.name,
            "GET \(part.upstream) \(settings?.path.description ?? "")",
            part.waitsFor.isEmpty ? "starts at once" : "after " + part.waitsFor.joined(separator: ", "),
            "ends by \(part.latestEnd.written)",
        ]
    }

    private func facts(_ graph: PlanGraph) -> [[String]] {
        let attempts = graph.criticalPath.compactMap { name in
            graph.parts.first { $0.name == name }.map { "\(name) \($0.attempt.written)" }
        }
        return [
            ["critical path", attempts.joined(separator: " → ") + " = " + graph.criticalTime.written],
            ["worst-case time", "\(route.deadline.written), the deadline"],
            ["calls per request", calls(graph)],
        ]
    }

    private func calls(_ graph: PlanGraph) -> String {
        // A call with a null in its path is not made.
        let least = graph.parts.count { $0.level == 0 }
        let usual = least == graph.parts.count ? "\(least)" : "\(least) to \(graph.parts.count)"
        return "\(usual), at most \(route.upstreamCalls) with retries and hedges"
    }

    private func warnings(_ graph: PlanGraph) -> [String] {
        guard let retried = retried(graph), retried > route.deadline else { return [] }
        return [
            "with every retry the longest path takes \(retried.written); the deadline of \(route.deadline.written) "
                + "cuts the last ones off"
        ]
    }

    /// What the longest path takes if all attempts of all its calls take all their time.
    private func retried(_ graph: PlanGraph) -> Duration? {
        var slower = upstreams
        for index in slower.indices {
            let upstream = slower[index], retries = upstream.retries
            var total = upstream.timeouts.attempt, wait = retries.backoffBase
            for _ in 0..<retries.attempts {
                total += min(wait, retries.backoffCap) + upstream.timeouts.attempt
                wait *= 2
            }
            slower[index].timeouts.attempt = total
        }
        return PlanGraph(route.parts, upstreams: slower)?.criticalTime
    }
}
