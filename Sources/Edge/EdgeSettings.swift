// What all connections of a server share.

internal import Configuration
internal import Pipeline

final class EdgeSettings: Sendable {
    let limits: LimitSettings
    let timeouts: ServerTimeouts
    let closing: ClosingTimes
    let handler: any RequestHandler
    /// Whether requests over HTTP/1.1 tell their `Host`. Where nobody asks it is not kept.
    let keepsHost: Bool
    /// Whether connections that have not asked anything yet make room for new ones, like idle ones: also those that have sent a
    /// part of a request.
    let unaskedGiveWay: Bool

    init(
        limits: LimitSettings, timeouts: ServerTimeouts, closing: ClosingTimes, handler: any RequestHandler,
        keepsHost: Bool = false, unaskedGiveWay: Bool = false
    ) {
        self.limits = limits
        self.timeouts = timeouts
        self.closing = closing
        self.handler = handler
        self.keepsHost = keepsHost
        self.unaskedGiveWay = unaskedGiveWay
    }
}
