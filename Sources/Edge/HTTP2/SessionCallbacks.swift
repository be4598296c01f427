// What libnghttp2 calls: each function fetches the session, calls one method and returns.

internal import CNGHTTP2

extension SessionKind {
    static func makeCallbacks() -> OpaquePointer {
        var made: OpaquePointer?
        guard nghttp2_session_callbacks_new(&made) == 0, let callbacks = made else {
            preconditionFailure("There is no memory for libnghttp2's callbacks.")
        }
        nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, headersBegin)
        nghttp2_session_callbacks_set_on_header_callback(callbacks, headerCame)
        nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks, invalidHeaderCame)
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, dataCame)
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frameCame)
        nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, frameWent)
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, streamClosed)
        nghttp2_session_callbacks_set_send_data_callback(callbacks, dataGoes)
        return callbacks
    }
}

/// How much of an answer fits into the next DATA frame.
func answerPart(
    _ raw: OpaquePointer?, _ stream: Int32, _ buffer: UnsafeMutablePointer<UInt8>?, _ length: Int,
    _ flags: UnsafeMutablePointer<UInt32>?, _ source: UnsafeMutablePointer<nghttp2_data_source>?,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    let part = session(context).nextPart(of: stream, atMost: length)
    flags?.pointee = NGHTTP2_DATA_FLAG_NO_COPY.rawValue | (part.isLast ? NGHTTP2_DATA_FLAG_EOF.rawValue : 0)
    return part.size
}

/// The session lives as long as the `nghttp2_session` that it owns, and all calls of libnghttp2 are made by it.
private func session(_ context: UnsafeMutableRawPointer?) -> Session {
    Unmanaged<Session>.fromOpaque(context.unsafelyUnwrapped).takeUnretainedValue()
}

private func headersBegin(
    _ raw: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?, _ context: UnsafeMutableRawPointer?
) -> Int32 {
    let frame = frame.unsafelyUnwrapped
    guard frame.pointee.headers.cat == NGHTTP2_HCAT_REQUEST else { return 0 }
    return session(context).begin(frame.pointee.hd.stream_id)
}

private func headerCame(
    _ raw: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?, _ name: UnsafePointer<UInt8>?, _ nameLength: Int,
    _ value: UnsafePointer<UInt8>?, _ valueLength: Int, _ flags: UInt8, _ context: UnsafeMutableRawPointer?
) -> Int32 {
    session(context).take(
        name: UnsafeBufferPointer(start: name, count: nameLength),
        value: UnsafeBufferPointer(start: value, count: valueLength),
        on: frame.unsafelyUnwrapped.pointee.hd.stream_id)
}

/// Without this function libnghttp2 resets the stream, with it the field is dropped unless we say so. It is set to make
/// sure that a later version does not become more lenient.
private func invalidHeaderCame(
    _ raw: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?, _ name: UnsafePointer<UInt8>?, _ nameLength: Int,
    _ value: UnsafePointer<UInt8>?, _ valueLength: Int, _ flags: UInt8, _ context: UnsafeMutableRawPointer?
) -> Int32 {
    NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
}

private func dataCame(
    _ raw: OpaquePointer?, _ flags: UInt8, _ stream: Int32, _ bytes: UnsafePointer<UInt8>?, _ length: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int32 {
    session(context).takeBody(length, on: stream)
    return 0
}

private func frameCame(
    _ raw: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?, _ context: UnsafeMutableRawPointer?
) -> Int32 {
    session(context).received(frame.unsafelyUnwrapped.pointee)
    return 0
}

private func frameWent(
    _ raw: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?, _ context: UnsafeMutableRawPointer?
) -> Int32 {
    session(context).sent(frame.unsafelyUnwrapped.pointee)
    return 0
}

private func streamClosed(
    _ raw: OpaquePointer?, _ stream: Int32, _ code: UInt32, _ context: UnsafeMutableRawPointer?
) -> Int32 {
    session(context).closed(stream)
    return 0
}

private func dataGoes(
    _ raw: OpaquePointer?, _ frame: UnsafeMutablePointer<nghttp2_frame>?, _ header: UnsafePointer<UInt8>?,
    _ length: Int, _ source: UnsafeMutablePointer<nghttp2_data_source>?, _ context: UnsafeMutableRawPointer?
) -> Int32 {
    session(context).write(
        length, of: frame.unsafelyUnwrapped.pointee.hd.stream_id,
        behind: UnsafeRawBufferPointer(start: header, count: FrameHeader.size))
}
