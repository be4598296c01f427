// Which libcurl this process runs with: some settings ask for a newer one than Debian's.

internal import CCurl
package import Configuration

extension LibcurlVersion {
    /// The library that is linked, not the one that was compiled against.
    package static var linked: LibcurlVersion {
        guard let version = curl_version_info(CURLVERSION_FIRST) else { return LibcurlVersion(major: 0, minor: 0, patch: 0) }
        let packed = Int(version.pointee.version_num)
        return LibcurlVersion(major: packed >> 16 & 255, minor: packed >> 8 & 255, patch: packed & 255)
    }
}
