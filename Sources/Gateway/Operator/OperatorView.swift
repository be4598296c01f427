// What operators see: asked of the loops and of what they share when somebody looks, and at no other time.

internal import Admin
internal import Configuration
internal import Edge
internal import Pipeline
internal import Resilience
internal import Synchronization
internal import Telemetry
internal import Upstream

/// Where the operator's side finds the gateway, which is made after it.
final class OperatorView: Sendable {
    private struct State {
        weak var gateway: Gateway?
        /// Who is asking the loops at the moment.
        var asking = 0
        /// Who waits until nobody does any more.
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// From now on there is something to see.
    func tell(of gateway: Gateway) {
        state.withLock { $0.gateway = gateway }
    }

    /// There is nothing to see any more. Returns when no loop is asked: a question that a loop does not come to any more would
    /// wait for ever.
    func end() async {
        await withCheckedContinuation { continuation in
            let isQuiet = state.withLock { state in
                state.gateway = nil
                if state.asking > 0 { state.waiting.append(continuation) }
                return state.asking == 0
            }
            if isQuiet { continuation.resume() }
        }
    }

    /// What `question` finds out. Nil: there is no gateway to be asked.
    private func ask<Answer>(_ question: (Gateway) async -> Answer) async -> Answer? {
        let gateway = state.withLock { state in
            if state.gateway != nil { state.asking += 1 }
            return state.gateway
        }
        guard let gateway else { return nil }
        let answer = await question(gateway)
        let waiting = state.withLock { state in
            state.asking -= 1
            guard state.asking == 0 else { return [CheckedContinuation<Void, Never>]() }
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
        return answer
    }

    var documents: OperatorDocuments {
        OperatorDocuments { [self] name in
            await ask { await Self.document(name, of: $0) } ?? nil
        } state: { [self] in
            await ask { Array(OperatorPicture(await $0.picture).state.flat.utf8) } ?? Array("{}".utf8)
        }
    }

    private static func document(_ name: String, of gateway: Gateway) async -> [UInt8]? {
        let json: WrittenJSON?
        switch name {
        case "overview.json": json = OperatorPicture(await gateway.picture).overview
        case "routes.json": json = .object([("routes", .list(OperatorPicture(await gateway.picture).routes))])
        case "upstreams.json": json = .object([("upstreams", .list(OperatorPicture(await gateway.picture).upstreams))])
        case "failures.json": json = .object([("failures", .list(OperatorPicture(await gateway.picture).failures))])
        case "slowest.json": json = .object([("slowest", .list(OperatorPicture(await gateway.picture).slowest))])
        case "configuration.json": json = gateway.settings.document
        case _ where name.hasPrefix("waterfalls/") && name.hasSuffix(".json"):
            let id = String(name.dropFirst("waterfalls/".count).dropLast(".json".count))
            json = RequestID.isWellFormed(id) ? await gateway.find(id)?.waterfall : nil
        default: json = nil
        }
        return json.map { Array(($0.written() + "\n").utf8) }
    }
}

extension Gateway {
    /// Everything that the page shows, as it is now.
    var picture: GatewayPicture {
        get async {
            let now = ContinuousClock.now
            let generation = current.withLock(\.self)
            var traffic = TrafficSnapshot()
            var waiting = 0
            for runtime in runtimes {
                traffic.add(await runtime.traffic(at: now))
                waiting += await runtime.inventory.waiting
            }
            let connections = openConnections
            return GatewayPicture(
                settings: generation.settings, since: shared.clock, configured: generation.made,
                isReady: isReady, traffic: traffic,
                counts: GatewayPicture.Counts(
                    inFlight: shared.inFlight.current, waiting: waiting, clients: edge.openConnections),
                upstreams: generation.loads.reduce(into: [:]) { all, named in
                    let load = named.value
                    all[named.key] = GatewayPicture.Upstream(
                        places: load.places.inventory, most: load.places.limit,
                        endpoints: load.endpoints.reports(at: now), connections: connections[named.key] ?? [:])
                },
                lostLines: generation.log.map { $0.writer.losses.refused + $0.writer.losses.failed } ?? 0, at: now)
        }
    }

    /// The newest request of that id that a loop still knows.
    func find(_ id: String) async -> ToldRequest? {
        var found: [ToldRequest] = []
        for runtime in runtimes {
            if let told = await runtime.find(id) { found.append(told) }
        }
        return found.max { $0.at < $1.at }
    }
}

/// When the gateway began, by both clocks.
struct StartClock: Sendable {
    let begun = ContinuousClock.now
    /// Since 1970.
    let at = WallClock.now
}
