// What an operator is told first.

import Configuration
import Pipeline
import Resilience
import Telemetry
import Testing

@testable import Gateway

@Suite struct AttentionTests {
    private func picture(
        requests: Int = 0, failed: Int = 0, _ kind: Failure.Kind = .readTimeout, endpoints: [EndpointReport]
    ) -> GatewayPicture {
        var settings = Settings()
        var route = RouteSettings(
            name: "thing", path: PathTemplate(segments: []), parameters: [:], upstreamCalls: 1, notFound: "",
            parts: [
                PartSettings(name: "part", upstream: "crm", path: PathTemplate(segments: []), into: .root)
            ])
        route.deadline = .seconds(1)
        settings.routes = [route]
        settings.upstreams = [
            UpstreamSettings(name: "crm", endpoints: endpoints.indices.map { .url("http://127.0.0.1:\($0 + 1)") })
        ]
        settings.server.limits.inFlight = 100
        var traffic = TrafficSnapshot()
        var counts = TrafficCounts(), part = TrafficCounts()
        counts.count = requests
        counts.serverErrors = failed
        part.count = requests
        if failed > 0 {
            counts.failures = [kind: failed]
            part.failures = [kind: failed]
        }
        traffic.routes["thing"] = TrafficSnapshot.Route(requests: counts, parts: [part])
        return GatewayPicture(
            settings: settings, since: StartClock(), configured: .zero, isReady: true, traffic: traffic,
            counts: GatewayPicture.Counts(),
            upstreams: ["crm": GatewayPicture.Upstream(places: (0, 0), most: 8, endpoints: endpoints)],
            lostLines: 0, at: .now)
    }

    private let well = EndpointReport(
        circuit: .closed, opensFor: nil, isEjected: false, isHealthy: true, inFlight: 0)

    @Test func `is nothing when all is well`() {
        #expect(picture(requests: 1000, endpoints: [well]).attention == [])
    }

    @Test func `is bad when one request in a hundred fails, and a mishap is not`() {
        let bad = picture(requests: 200, failed: 2, endpoints: [well]).attention
        let mishap = picture(requests: 201, failed: 2, endpoints: [well]).attention
        let single = picture(requests: 1, failed: 1, endpoints: [well]).attention

        #expect(
            bad == [
                Attention(
                    severity: .bad, what: "thing: 2 of 200 requests failed",
                    detail: "in the last minute: part (crm) 2 read timeout")
            ])
        #expect(mishap.map(\.severity) == [.warn] && single.map(\.severity) == [.warn])
    }

    @Test func `an open circuit is bad when no other endpoint is left`() {
        var open = well
        open.circuit = .open
        open.opensFor = .milliseconds(4200)

        let alone = picture(endpoints: [open]).attention
        let other = picture(endpoints: [open, well]).attention

        #expect(
            alone == [
                Attention(
                    severity: .bad, what: "crm: circuit open", detail: "at http://127.0.0.1:1, asked again in 4 s")
            ])
        #expect(other.map(\.severity) == [.warn])
    }

    @Test func `names what is left out, what fails its checks, who waits, what is full and what was lost`() {
        var sick = well
        sick.isEjected = true
        sick.isHealthy = false
        var picture = picture(endpoints: [sick, well])
        picture.upstreams["crm"]?.places = (8, 3)
        picture.counts.inFlight = 100
        picture.lostLines = 7
        picture.isReady = false

        #expect(
            picture.attention.map(\.what) == [
                "The gateway is full", "The gateway drains", "crm: endpoint left out", "crm: check fails",
                "crm: calls wait for a place", "The access log lost lines",
            ])
    }
}
