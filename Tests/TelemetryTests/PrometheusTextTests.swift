// Figures as a scrape reads them.

import Telemetry
import Testing

@Suite struct PrometheusTextTests {
    private func text(_ families: MetricFamily...) -> String {
        String(decoding: PrometheusText.bytes(families), as: UTF8.self)
    }

    @Test func `a figure has its help and its type before it`() {
        let one = MetricFamily("things_total", .counter, "Things so far.", 3)

        #expect(text(one) == "# HELP things_total Things so far.\n# TYPE things_total counter\nthings_total 3\n")
    }

    @Test func `samples of one name differ in their labels`() {
        let family = MetricFamily(
            "things", .gauge, "Things.", [.init(1, ("kind", "a"), ("place", "x")), .init(0.5, ("kind", "b"))])

        #expect(text(family).hasSuffix("gauge\nthings{kind=\"a\",place=\"x\"} 1\nthings{kind=\"b\"} 0.5\n"))
    }

    @Test func `what would end a label is escaped`() {
        let family = MetricFamily("things", .gauge, "Things.", [.init(1, ("name", "a\"b\\c\nd"))])

        #expect(text(family).hasSuffix(#"things{name="a\"b\\c\nd"} 1"# + "\n"))
    }

    @Test func `a name without samples is not told`() {
        #expect(text(MetricFamily("things", .gauge, "Things.", [MetricFamily.Sample]())) == "")
    }

    @Test(arguments: [(1e18, "1000000000000000000"), (0.25, "0.25"), (.infinity, "+Inf"), (-3, "-3")])
    func `numbers are written as the format wants them`(value: Double, expected: String) {
        #expect(text(MetricFamily("things", .gauge, "Things.", value)).hasSuffix("things \(expected)\n"))
    }

    private let times = MetricFamily(
        "waits_seconds", .histogram, "Waits, \"long\" ones too.", [],
        histograms: [.init(labels: [("kind", "a")], bounds: [0.25, 1], counts: [1, 0, 2], sum: 7.5)])

    @Test func `a histogram's buckets count what is in those below them`() {
        #expect(
            text(times) == """
                # HELP waits_seconds Waits, "long" ones too.
                # TYPE waits_seconds histogram
                waits_seconds_bucket{kind="a",le="0.25"} 1
                waits_seconds_bucket{kind="a",le="1"} 1
                waits_seconds_bucket{kind="a",le="+Inf"} 3
                waits_seconds_sum{kind="a"} 7.5
                waits_seconds_count{kind="a"} 3

                """)
    }

    @Test func `OpenMetrics names counters without their ending, writes bounds with a point, and ends`() {
        let bytes = PrometheusText.bytes(
            [MetricFamily("things_total", .counter, "Things so far.", 3), times], as: .openMetrics)

        #expect(
            String(decoding: bytes, as: UTF8.self) == """
                # HELP things Things so far.
                # TYPE things counter
                things_total 3
                # HELP waits_seconds Waits, \\"long\\" ones too.
                # TYPE waits_seconds histogram
                waits_seconds_bucket{kind="a",le="0.25"} 1
                waits_seconds_bucket{kind="a",le="1.0"} 1
                waits_seconds_bucket{kind="a",le="+Inf"} 3
                waits_seconds_sum{kind="a"} 7.5
                waits_seconds_count{kind="a"} 3
                # EOF

                """)
    }

    @Test func `the process knows itself`() throws {
        let families = ProcessFigures.families
        let values = Dictionary(uniqueKeysWithValues: families.map { ("\($0.name)", $0.samples.first?.value ?? 0) })

        #expect(values.count == 5)
        #expect(try #require(values["process_resident_memory_bytes"]) > 1_000_000)
        #expect(try #require(values["process_open_fds"]) >= 3)
        #expect(try #require(values["process_start_time_seconds"]) > 1_600_000_000)
    }
}
