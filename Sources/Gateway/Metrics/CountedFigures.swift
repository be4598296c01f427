// The figures that are counted on the way of requests: their names, and what they mean. All others are read from where they
// stand, see `Figures.swift`.

internal import Telemetry

enum CountedFigures {
    static let requests = MetricDescription(
        "gateway_requests_total", .counter,
        "Requests that were answered, or whose client left (499), by route, status and kind of failure.")
    static let duration = MetricDescription(
        "gateway_request_duration_seconds", .histogram,
        "From a request's first byte to its response, in seconds.")
    static let overhead = MetricDescription(
        "gateway_request_overhead_seconds", .histogram,
        "Of that what no upstream took: computing, and waiting for turns, places and retries.")
    static let parts = MetricDescription(
        "gateway_parts_total", .counter, "Parts of answers, by how they ended and kind of failure.")
    static let partDuration = MetricDescription(
        "gateway_part_duration_seconds", .histogram,
        "From a part's beginning to its end, waiting and retries included, of those that were asked for.")
    static let attempts = MetricDescription(
        "gateway_upstream_attempts_total", .counter,
        "Attempts of calls, by why they were made, how they ended and their status; those that found no place, too.")
    static let waits = MetricDescription(
        "gateway_upstream_wait_seconds", .histogram, "Waits for a place, of attempts that had to wait.")
    static let connections = MetricDescription(
        "gateway_upstream_connections_total", .counter, "Connections that were opened for attempts.")
    static let lookups = MetricDescription(
        "gateway_upstream_name_lookup_seconds", .histogram,
        "Until the endpoint's name was resolved, of new connections.")
    static let connects = MetricDescription(
        "gateway_upstream_connect_seconds", .histogram, "From then until TCP's handshake was over.")
    static let handshakes = MetricDescription(
        "gateway_upstream_tls_handshake_seconds", .histogram, "From then until TLS's was.")

    static let all = [
        requests, duration, overhead, parts, partDuration, attempts, waits, connections, lookups, connects, handshakes,
    ]
}
