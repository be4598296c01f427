// The gateway at one moment, as values: what the documents are written from, and what is judged.

internal import Configuration
internal import Pipeline
internal import Resilience
internal import Telemetry

/// One look at a running gateway.
struct GatewayPicture: Sendable {
    struct Counts: Sendable {
        /// Requests in flight, requests that wait for their turn, connections of clients.
        var inFlight = 0
        var waiting = 0
        var clients = 0
    }

    struct Upstream: Sendable {
        var places: (taken: Int, waiting: Int)
        var most: Int
        var endpoints: [EndpointReport]
        /// By the endpoints' addresses.
        var connections: [String: OpenCount] = [:]
    }

    var settings: Settings
    var since: StartClock
    /// When its configuration was read, since 1970.
    var configured: Duration
    /// False: it drains.
    var isReady: Bool
    var traffic: TrafficSnapshot
    var counts: Counts
    var upstreams: [String: Upstream]
    /// Of the access log, since it was opened.
    var lostLines: Int
    var at: ContinuousClock.Instant

    /// How often a second something happened that was counted over the last minute.
    func rate(_ count: Int) -> Double { Double(count) / traffic.seconds }
}
