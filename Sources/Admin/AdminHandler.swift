// Whether the process lives, whether it wants traffic, and its figures: at the operator's address, and the first two also
// for load balancers that can only ask where they send requests.

package import Pipeline
internal import Synchronization

/// Whether the gateway wants traffic. Load balancers ask `/readyz`.
package final class Readiness: Sendable {
    private let ready = Atomic<Bool>(true)

    package init() {}

    package var isReady: Bool { ready.load(ordering: .relaxed) }

    /// The gateway drains from now on.
    package func end() { ready.store(false, ordering: .relaxed) }
}

/// What a scrape gets.
package struct Scrape: Sendable {
    /// Reads all figures anew, and writes them in the format that `Accept` asks for.
    package let answer: @Sendable (_ accept: String?) -> (contentType: String, bytes: [UInt8])

    package init(answer: @escaping @Sendable (_ accept: String?) -> (contentType: String, bytes: [UInt8])) {
        self.answer = answer
    }
}

/// Answers `GET /livez`, `GET /readyz` and, to operators, `GET /metrics`, at once and on whatever thread asks.
package struct AdminHandler: RequestHandler {
    private let readiness: Readiness
    /// Nil: there are no figures here.
    private let scrape: Scrape?

    package init(_ readiness: Readiness, scrape: Scrape? = nil) {
        self.readiness = readiness
        self.scrape = scrape
    }

    package func handle(_ request: Request, for recipient: any ResponseRecipient) -> any Exchange {
        var response = answer(request)
        response.fields += [
            Response.Field("Cache-Control", "no-store"), Response.Field("X-Request-Id", request.id),
            Response.Field("X-Content-Type-Options", "nosniff"),
        ]
        response.closesConnection = request.refused != nil
        recipient.receive(response)
        return Answered()
    }

    private func answer(_ request: Request) -> Response {
        if request.refused != nil { return json(400, #"{"error":"Malformed request"}"#) }
        guard ["/livez", "/readyz"].contains(request.path) || request.path == "/metrics" && scrape != nil else {
            return json(404, #"{"error":"Not found"}"#)
        }
        guard request.method == .get || request.method == .head else {
            return json(405, #"{"error":"Method not allowed"}"#, Response.Field("Allow", "GET, HEAD"))
        }
        if request.path == "/metrics", let scrape {
            let (contentType, bytes) = scrape.answer(request.accept)
            let fields = [Response.Field("Content-Type", contentType), Response.Field("Vary", "Accept")]
            return Response(status: 200, fields: fields, body: bytes)
        }
        if request.path == "/readyz", !readiness.isReady {
            return json(503, #"{"error":"The gateway is draining"}"#, Response.Field("Retry-After", "1"))
        }
        return json(200, #"{"status":"ok"}"#)
    }

    private func json(_ status: Int, _ text: String, _ fields: Response.Field...) -> Response {
        Response(
            status: status, fields: fields + [Response.Field("Content-Type", "application/json")],
            body: Array(text.utf8))
    }
}

/// There is nothing left to cancel.
private struct Answered: Exchange {
    func cancel() {}
}
