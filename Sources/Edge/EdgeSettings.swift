// What all connections of a server share.

internal import Configuration
internal import Pipeline

final class EdgeSettings: Sendable {
    let limits: LimitSettings
    let timeouts: ServerTimeouts
    let closing: ClosingTimes
    let handler: any RequestHandler

    init(
        limits: LimitSettings, timeouts: ServerTimeouts, closing: ClosingTimes, handler: any RequestHandler
    ) {
        self.limits = limits
        self.timeouts = timeouts
        self.closing = closing
        self.handler = handler
    }
}
