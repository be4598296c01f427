// Where a collector is asked, and what its answers mean.

import Pipeline
import Telemetry
import Testing

@testable import Gateway

struct CollectorTests {
    @Test(arguments: [
        ("http://collector:4318", "http://collector:4318", "/v1/traces"),
        ("http://collector:4318/", "http://collector:4318", "/v1/traces"),
        ("https://c/otlp", "https://c", "/otlp/v1/traces"),
        ("https://c/otlp//?key=1", "https://c", "/otlp/v1/traces?key=1"),
        ("http://collector:4318/v1/traces", "http://collector:4318", "/v1/traces"),
    ])
    func `has the path of traces appended, once`(url: String, origin: String, target: String) {
        let parts = TraceSender.target(of: url)

        #expect(parts.origin == origin)
        #expect(parts.target == target)
    }

    @Test(arguments: [
        (200, ExportQueue.End.accepted(rejected: 0)), (202, .accepted(rejected: 0)), (400, .refused), (404, .refused),
        (500, .refused), (429, .failed(retryAfter: .seconds(3))), (503, .failed(retryAfter: .seconds(3))),
        (502, .failed(retryAfter: .seconds(3))), (504, .failed(retryAfter: .seconds(3))), (301, .refused),
    ])
    func `is asked again only if its status says so`(status: Int, end: ExportQueue.End) {
        let side = Failure.Origin.upstream("collector", part: nil)
        let result: Result<Reply, Failure> =
            status == 200 || status == 404
            ? .success(Reply(status: status, body: ReplyBody(capacity: 1)))
            : .failure(Failure(.serverError, side, receivedStatus: status, retryAfter: .seconds(3), "It answered."))

        #expect(TraceSender.meaning(of: result) == end)
    }
}
