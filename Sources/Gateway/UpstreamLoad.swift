// How much an upstream is asked at once, by all loops together.

internal import Configuration
internal import Resilience
internal import Upstream

/// `concurrency` and `connections.perEndpoint` of one upstream. One for the whole process: an upstream does not care which
/// thread calls it, and a loop that has nothing to do must not keep places from one that has.
struct UpstreamLoad: Sendable {
    let places: Places
    /// Nil: the upstream's places are all that matters.
    let endpointPlaces: EndpointPlaces?

    init(_ upstream: UpstreamSettings) {
        let concurrency = upstream.concurrency
        let perEndpoint = upstream.connections.perEndpoint
        let endpoints = upstream.endpoints.count
        // Over HTTP/1.1 a call is a connection; over HTTP/2 many share one.
        let isByConnection = upstream.wireProtocol == .http1
        places = Places(
            most: isByConnection ? min(concurrency.inFlight, perEndpoint * endpoints) : concurrency.inFlight,
            queue: concurrency.queue, wait: concurrency.wait)
        endpointPlaces =
            isByConnection && endpoints > 1 && perEndpoint < concurrency.inFlight
            ? EndpointPlaces(endpoints: endpoints, most: perEndpoint) : nil
    }
}
