// What one loop counts of the requests that it has answered, when each is over: nothing is counted on the way.

internal import Configuration
internal import Pipeline
internal import Telemetry

/// The figures of a generation's routes and upstreams on one loop. On its thread only.
final class LoopFigures {
    private let routes: [RouteFigures]
    /// Of requests that reached no route.
    private let elsewhere: RouteFigures

    /// - Parameter metrics: the loop's. What it has counted so far goes on.
    init(_ settings: Settings, _ metrics: MetricOwner) {
        let upstreams = settings.upstreams.reduce(into: [:]) { $0[$1.name] = UpstreamFigures($1, metrics) }
        routes = settings.routes.map { RouteFigures($0, upstreams, metrics) }
        let longest = settings.routes.map(\.deadline).max() ?? .seconds(3)
        elsewhere = RouteFigures(name: "", deadline: longest, parts: [], metrics)
    }

    /// A request is over.
    func note(_ record: RequestRecord, status: Int, took total: Duration) {
        route(of: record).note(record, status: status, took: total)
    }

    /// A run is over. If the request that it was begun for left before, what it did since then is counted now.
    func noteRun(_ record: RequestRecord) {
        if record.counted != nil { route(of: record).noteCalls(record) }
    }

    private func route(of record: RequestRecord) -> RouteFigures { record.routePlace.map { routes[$0] } ?? elsewhere }
}
