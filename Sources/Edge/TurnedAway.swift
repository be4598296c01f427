// The one answer the edge makes itself: to a connection that is one too many. It passes what every connection passes, so
// it is answered in the protocol it speaks, but its requests go no further than here.

internal import Configuration
internal import Pipeline

extension EdgeSettings {
    /// For connections that are too many: they are told so at their first request, and have no more time than a request.
    convenience init(turningAwayUnder settings: EdgeSettings) {
        var timeouts = settings.timeouts
        timeouts.idle = min(timeouts.idle, timeouts.headers)
        var closing = settings.closing
        closing.lastRequest = timeouts.headers
        self.init(limits: settings.limits, timeouts: timeouts, closing: closing, handler: TurningAway())
    }
}

/// Answers every request with 503.
private struct TurningAway: RequestHandler {
    struct Nothing: Exchange {
        func cancel() {}
        func giveUp() {}
    }

    func handle(_ request: Request, for recipient: any ResponseRecipient) -> any Exchange {
        recipient.receive(.turnedAway(id: request.id))
        return Nothing()
    }
}

extension Response {
    /// 503, in the form of every failure of the gateway.
    fileprivate static func turnedAway(id: String) -> Response {
        Response(
            status: 503,
            fields: [
                Field("Content-Type", "application/json"),
                Field("Cache-Control", "no-store"),
                Field("Retry-After", "1"),
                Field("Vary", "Authorization, Origin"),
                // RFC 9209, section 2.3: the gateway's own answer, and no upstream's.
                Field(
                    "Proxy-Status",
                    #"conversation-gateway; error=proxy_internal_response; details="too many connections""#),
                Field("X-Request-Id", id),
                Field("X-Content-Type-Options", "nosniff"),
            ],
            body: Array(#"{"error":"Too many connections"}"#.utf8))
    }
}
