// The plans of all routes for programs: as JSON, and as a graph in the language of Graphviz.

/// Each route's graph of calls and what it can cost. Holds nothing secret: names, paths with places, times.
package struct PlanDocument: Sendable {
    private let settings: Settings

    package init(_ settings: Settings) {
        self.settings = settings
    }

    /// `{"routes": […]}`; times are milliseconds.
    package var json: WrittenJSON {
        .object([("routes", .list(settings.routes.compactMap { Self.json($0, upstreams: settings.upstreams) }))])
    }

    /// One route: parts in the order of the configuration, the longest path, the worst time, calls, warnings. Nil: it has
    /// no plan, which does not occur in settings that were loaded.
    ///
    /// - Parameter live: more about parts, by name.
    package static func json(
        _ route: RouteSettings, upstreams: [UpstreamSettings], live: [String: WrittenJSON] = [:]
    ) -> WrittenJSON? {
        guard let graph = PlanGraph(route.parts, upstreams: upstreams) else { return nil }
        let cost = PlanCost(route, graph, upstreams: upstreams)
        return .object([
            ("name", .text(route.name)),
            ("path", .text(route.path.description)),
            ("scopes", .list(route.scopes.map { .text($0) })),
            ("deadlineMs", .milliseconds(route.deadline)),
            ("reuseMs", route.reuse.map { .milliseconds($0) } ?? .null),
            (
                "parts",
                .list(
                    graph.parts.map {
                        let isCritical = graph.criticalPath.contains($0.name)
                        return part(of: route, $0, isCritical: isCritical, live: live[$0.name])
                    })
            ),
            ("criticalPath", .list(graph.criticalPath.map { .text($0) })),
            ("criticalMs", .milliseconds(graph.criticalTime)),
            ("withRetriesMs", .milliseconds(cost.retriedTime)),
            ("worstCaseMs", .milliseconds(cost.worstTime)),
            (
                "calls",
                .object([
                    ("least", .whole(cost.leastCalls)), ("usual", .whole(cost.usualCalls)),
                    ("most", .whole(cost.mostCalls)),
                ])
            ),
            ("warnings", .list(cost.warnings.map { .text($0) })),
        ])
    }

    private static func part(
        of route: RouteSettings, _ part: PlanGraph.Part, isCritical: Bool, live: WrittenJSON?
    ) -> WrittenJSON {
        .object(
            [
                ("name", .text(part.name)),
                ("upstream", .text(part.upstream)),
                ("path", .text(route.path(of: part.name))),
                ("waitsFor", .list(part.waitsFor.map { .text($0) })),
                ("level", .whole(part.level)),
                ("attemptMs", .milliseconds(part.attempt)),
                ("latestEndMs", .milliseconds(part.latestEnd)),
                ("critical", .flag(isCritical)),
            ] + (live.map { [("live", $0)] } ?? []))
    }

    /// A `digraph` with one cluster a route. The longest path is drawn bold and red.
    package var dot: String {
        let clusters = settings.routes.compactMap { cluster($0) }
        let head = [
            "digraph plan {", "  rankdir=LR;",
            #"  node [shape=box, style=rounded, fontname="sans-serif", fontsize=11];"#,
            #"  graph [fontname="sans-serif", fontsize=12];"#,
        ]
        return (head + clusters.flatMap(\.self) + ["}"]).joined(separator: "\n") + "\n"
    }

    private func cluster(_ route: RouteSettings) -> [String]? {
        guard let graph = PlanGraph(route.parts, upstreams: settings.upstreams) else { return nil }
        let title = "\(route.name): GET \(route.path), within \(route.deadline.written)"
        var lines = [
            "  subgraph \(quoted("cluster_" + route.name)) {", "    label=\(quoted(title));",
            "    \(node(route, "")) [label=\(quoted("request")), shape=oval];",
        ]
        for part in graph.parts {
            let label = [
                part.name, "\(part.upstream) \(route.path(of: part.name))",
                "at most \(part.attempt.written), by \(part.latestEnd.written)",
            ]
            let isCritical = graph.criticalPath.contains(part.name)
            lines.append(
                "    \(node(route, part.name)) [label=\(quoted(label.joined(separator: "\n")))\(strong(isCritical))];")
        }
        for part in graph.parts {
            for cause in part.waitsFor.isEmpty ? [""] : part.waitsFor {
                let path = [""] + graph.criticalPath
                let isCritical = zip(path, path.dropFirst()).contains { $0 == cause && $1 == part.name }
                let look = isCritical ? " [color=red, penwidth=2]" : ""
                lines.append("    \(node(route, cause)) -> \(node(route, part.name))\(look);")
            }
        }
        return lines + ["  }"]
    }

    private func strong(_ isCritical: Bool) -> String { isCritical ? ", color=red, penwidth=2" : "" }

    /// A part's id; the request's, where the part has no name.
    private func node(_ route: RouteSettings, _ part: String) -> String { quoted("\(route.name)/\(part)") }

    /// A double-quoted string of the DOT language, in which only a quote needs an escape; a back-slash would begin one.
    private func quoted(_ text: String) -> String {
        let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
        return "\"\(escaped)\""
    }
}
