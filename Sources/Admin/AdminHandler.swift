// Whether the process lives, and whether it wants traffic: at the operator's address, and for load balancers that can
// only ask where they send requests.

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

/// Answers `GET /livez` and `GET /readyz`, at once and on whatever thread asks.
package struct AdminHandler: RequestHandler {
    private let readiness: Readiness

    package init(_ readiness: Readiness) {
        self.readiness = readiness
    }

    package func handle(_ request: Request, for recipient: any ResponseRecipient) -> any Exchange {
        var response = answer(request)
        response.fields += [
            Response.Field("Content-Type", "application/json"), Response.Field("Cache-Control", "no-store"),
            Response.Field("X-Request-Id", request.id), Response.Field("X-Content-Type-Options", "nosniff"),
        ]
        response.closesConnection = request.refused != nil
        recipient.receive(response)
        return Answered()
    }

    private func answer(_ request: Request) -> Response {
        if request.refused != nil { return Response(status: 400, body: Array(#"{"error":"Malformed request"}"#.utf8)) }
        guard request.path == "/livez" || request.path == "/readyz" else {
            return Response(status: 404, body: Array(#"{"error":"Not found"}"#.utf8))
        }
        guard request.method == .get || request.method == .head else {
            return Response(
                status: 405, fields: [Response.Field("Allow", "GET, HEAD")],
                body: Array(#"{"error":"Method not allowed"}"#.utf8))
        }
        if request.path == "/readyz", !readiness.isReady {
            return Response(
                status: 503, fields: [Response.Field("Retry-After", "1")],
                body: Array(#"{"error":"The gateway is draining"}"#.utf8))
        }
        return Response(status: 200, body: Array(#"{"status":"ok"}"#.utf8))
    }
}

/// There is nothing left to cancel.
private struct Answered: Exchange {
    func cancel() {}
}
