// What `gateway check` prints when nothing is wrong, and `gateway serve` when it has begun: the configuration as the
// gateway understood it, on one screen.

/// A configuration in a few lines, for a person. Names addresses, never a header, a key or a token.
package struct SettingsSummary: CustomStringConvertible {
    private let settings: Settings

    package init(_ settings: Settings) {
        self.settings = settings
    }

    package var description: String {
        let blocks = [
            Table(top).lines,
            ["", "upstreams"], Table(settings.upstreams.map(row)).lines.map { "  " + $0 },
            [""] + folded("off: ", settings.turnedOff),
            settings.routes.flatMap { ["", heading($0)] + Table(parts(of: $0)).lines.map { "  " + $0 } },
        ]
        return blocks.joined().joined(separator: "\n") + "\n"
    }

    /// As many of `words` on a line as a terminal shows.
    private func folded(_ name: String, _ words: [String]) -> [String] {
        var lines = [name]
        for (index, word) in words.enumerated() {
            let text = word + (index + 1 < words.count ? ", " : "")
            if lines[lines.count - 1].count + text.count > 100 {
                lines.append(String(repeating: " ", count: name.count))
            }
            lines[lines.count - 1] += text
        }
        return Table(lines.map { [$0] }).lines
    }

    private var top: [[String]] {
        settings.server.listen.map { ["listener", $0.address.description, words(about: $0)] }
            + [
                [
                    "admin", settings.admin.address.description,
                    "\(settings.admin.address.url) is the operator's page",
                ],
                ["auth", ways.joined(separator: ", "), ""],
                rate,
                ["contract", settings.contract.mode.rawValue, breach],
                ["access log", accessLog, ""],
            ]
    }

    private var rate: [String] {
        let limit = settings.rateLimit
        if limit.isOff { return ["rate", "off", "no tenant is limited"] }
        let others = limit.tenants.isEmpty ? "" : ", \(count(limit.tenants.count, "tenant")) with other numbers"
        return [
            "rate", "\(limit.requestsPerSecond)/s",
            "burst \(limit.burst), per tenant" + others + (limit.redis == nil ? "" : ", in Redis"),
        ]
    }

    private func words(about listener: ListenerSettings) -> String {
        let protocols = listener.tls == nil ? "HTTP/1.1, HTTP/2" : "TLS for HTTP/1.1, HTTP/2"
        let certificates = listener.tls?.clientCA == nil ? "" : ", client certificates"
        return protocols + certificates + (listener.proxyProtocol ? ", PROXY protocol" : "")
    }

    private var ways: [String] {
        [
            settings.auth.apiKeysFile.map { "\(settings.auth.environment) keys (\($0))" },
            settings.auth.jwt.isEmpty ? nil : count(settings.auth.jwt.count, "token issuer"),
            settings.auth.anonymous.map { "anybody, as tenant \($0.tenant)" },
        ].compactMap { $0 }
    }

    private var breach: String {
        switch settings.contract.mode {
        case .enforce: "a reply that breaks it is a failure"
        case .warn: "a reply that breaks it is logged and passed on"
        }
    }

    private var accessLog: String {
        switch settings.telemetry.accessLog {
        case .stdout: "stdout"
        case .off: "off"
        case .file(let path): path
        }
    }

    private func row(_ upstream: UpstreamSettings) -> [String] {
        [
            upstream.name, upstream.wireProtocol.rawValue, "attempt \(upstream.timeouts.attempt.written)",
            upstream.health == nil ? "no checks" : "checked every \(upstream.health?.every.written ?? "")",
            upstream.endpoints.map(\.description).joined(separator: " "),
        ]
    }

    private func heading(_ route: RouteSettings) -> String {
        let scopes = route.scopes.isEmpty ? "no scope" : route.scopes.joined(separator: " ")
        let reuse = route.reuse.map { "  reuse \($0.written)" } ?? ""
        return "route \(route.name)  GET \(route.path)  \(scopes)  deadline \(route.deadline.written)\(reuse)"
    }

    private func parts(of route: RouteSettings) -> [[String]] {
        route.parts.map { part in
            let waits = part.dependencies
            return [
                part.name, "\(part.upstream) \(part.path)",
                waits.isEmpty ? "starts at once" : "waits for " + waits.joined(separator: ", "),
            ]
        }
    }

    private func count(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }
}

/// Rows whose cells stand below each other, two spaces apart.
package struct Table {
    package let lines: [String]

    package init(_ rows: [[String]]) {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        lines = rows.map { row in
            let cells = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }
            let line = cells.joined(separator: "  ")
            return line.reversed().firstIndex { $0 != " " }.map { String(line[..<$0.base]) } ?? ""
        }
    }
}
