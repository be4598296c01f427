// Which format a scraper gets for its Accept.

import Telemetry
import Testing

@Suite struct AcceptedFormatTests {
    /// What Prometheus 2.42 sends.
    static let prometheus =
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
        + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"

    @Test(arguments: [
        prometheus, "application/openmetrics-text", "application/openmetrics-text; version=1.0.0",
        "text/plain;q=0.1, application/openmetrics-text;q=0.2", "Application/OpenMetrics-Text , text/plain;q=0.9",
        "application/*;q=0.5", "*/*;q=0.1,application/openmetrics-text;q=0.2", "text/*;q=0,*/*",
    ])
    func `who prefers OpenMetrics gets it`(accept: String) {
        #expect(PrometheusText.Format(accept: accept) == .openMetrics)
    }

    @Test(arguments: [
        nil, "", "*/*", "text/plain", "text/html,*/*;q=0.8", "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        "application/openmetrics-text;q=0", "application/openmetrics-text;version=0.0.1",
        "application/openmetrics-text;q=0.5,text/plain;q=0.6", "application/openmetrics-text,text/plain",
        "application/openmetrics-text;q=2", "application/openmetrics-text;q=x", "openmetrics", "/", ";;;=,,q",
        "application/openmetrics-text;version=1.0.0;q=0,application/openmetrics-text",
    ])
    func `all others get text`(accept: String?) {
        #expect(PrometheusText.Format(accept: accept) == .text)
    }
}
