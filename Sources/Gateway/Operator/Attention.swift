// What an operator should know first. Judged here and not in the page, so that it is tested, and the same for everybody.

internal import Configuration
internal import Pipeline
internal import Resilience
internal import Telemetry

/// One thing that is wrong, or worth a look.
struct Attention: Sendable, Equatable {
    enum Severity: String, Sendable {
        /// Clients get errors, or soon will.
        case bad
        /// It may become bad, or somebody wanted it so.
        case warn
    }

    let severity: Severity
    /// Who and what, in a few words.
    let what: String
    let detail: String
}

extension GatewayPicture {
    /// The share of requests that may fail before it is more than a mishap.
    private static let seriousShare = 0.01

    /// The worst first.
    var attention: [Attention] {
        let all = leaving + failing + upstreams(settings.upstreams) + full + losses
        return all.filter { $0.severity == .bad } + all.filter { $0.severity == .warn }
    }

    private var leaving: [Attention] {
        isReady ? [] : [Attention(severity: .warn, what: "The gateway drains", detail: "and /readyz says no")]
    }

    private var failing: [Attention] {
        settings.routes.compactMap { route in
            guard let counts = traffic.routes[route.name]?.requests, counts.serverErrors > 0 else { return nil }
            let share = Double(counts.serverErrors) / Double(max(1, counts.count))
            let severity: Attention.Severity =
                share >= Self.seriousShare && counts.serverErrors > 1 ? .bad : .warn
            return Attention(
                severity: severity,
                what: "\(route.name): \(counts.serverErrors) of \(counts.count) requests failed",
                detail: "in the last minute: \(causes(of: route) ?? counts.failures.told)")
        }
    }

    /// The parts of a route that failed, those first that failed most. Nil: none did, so it is not for want of a part.
    private func causes(of route: RouteSettings) -> String? {
        let failed = zip(route.parts, traffic.routes[route.name]?.parts ?? []).filter { !$1.failures.isEmpty }
        guard !failed.isEmpty else { return nil }
        let sorted = failed.sorted { $0.1.failures.values.reduce(0, +) > $1.1.failures.values.reduce(0, +) }
        let told = sorted.prefix(3).map { part, counts in "\(part.name) (\(part.upstream)) \(counts.failures.told)" }
        return told.joined(separator: "; ") + (sorted.count > told.count ? "; others" : "")
    }

    private func upstreams(_ all: [UpstreamSettings]) -> [Attention] {
        all.flatMap { upstream -> [Attention] in
            guard let state = upstreams[upstream.name] else { return [] }
            var found = zip(upstream.endpoints, state.endpoints).flatMap { endpoint, report in
                Self.verdicts(on: report, of: upstream.name, at: endpoint.description)
            }
            let usable = state.endpoints.count { $0.circuit != .open && $0.isHealthy }
            if usable > 0 {
                // Others do its work.
                found = found.map { Attention(severity: .warn, what: $0.what, detail: $0.detail) }
            }
            if state.places.waiting > 0 {
                found.append(
                    Attention(
                        severity: .warn, what: "\(upstream.name): calls wait for a place",
                        detail: "\(state.places.taken) of \(state.most) are taken, \(state.places.waiting) wait"))
            }
            return found
        }
    }

    private static func verdicts(on report: EndpointReport, of upstream: String, at address: String) -> [Attention] {
        var found: [Attention] = []
        switch report.circuit {
        case .closed: break
        case .open:
            let wait = report.opensFor.map { ", asked again in \(max(1, $0.components.seconds)) s" } ?? ""
            found.append(Attention(severity: .bad, what: "\(upstream): circuit open", detail: "at \(address)\(wait)"))
        case .halfOpen:
            found.append(
                Attention(
                    severity: .warn, what: "\(upstream): circuit half-open",
                    detail: "at \(address), the next calls find out"))
        }
        if report.isEjected {
            found.append(
                Attention(severity: .warn, what: "\(upstream): endpoint left out", detail: "\(address) failed in a row")
            )
        }
        if !report.isHealthy {
            found.append(Attention(severity: .bad, what: "\(upstream): check fails", detail: "at \(address)"))
        }
        return found
    }

    private var full: [Attention] {
        let most = settings.server.limits.inFlight
        guard counts.inFlight * 10 >= most * 9 else { return [] }
        return [
            Attention(
                severity: counts.inFlight >= most ? .bad : .warn, what: "The gateway is full",
                detail: "\(counts.inFlight) requests in flight, at most \(most)")
        ]
    }

    private var losses: [Attention] {
        guard lostLines > 0 else { return [] }
        return [Attention(severity: .warn, what: "The access log lost lines", detail: "\(lostLines) so far")]
    }
}

extension [Failure.Kind: Int] {
    /// `211 read timeout, 3 draining`, the most frequent first.
    fileprivate var told: String {
        ranked.map { "\($0.count) \($0.kind.rawValue.replacing("_", with: " "))" }.joined(separator: ", ")
    }

    /// The most frequent first.
    var ranked: [(kind: Failure.Kind, count: Int)] {
        map { ($0.key, $0.value) }.sorted { ($1.count, $0.kind.rawValue) < ($0.count, $1.kind.rawValue) }
    }
}
