// Stands behind swift-nio's decoder and tells the connection, which stands before it, what came out.

internal import NIOCore
internal import NIOHTTP1

final class DecodedParts: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart

    private let connection: Connection

    init(for connection: Connection) {
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head): connection.decoded(head)
        // How long it is was judged before it was decoded, and nobody reads it.
        case .body: break
        case .end: connection.decodedEnd()
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        connection.decodingFailed(error)
    }
}
