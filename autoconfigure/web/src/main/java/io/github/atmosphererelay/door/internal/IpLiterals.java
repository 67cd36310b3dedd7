/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.atmosphererelay.door.internal;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * Parses IP addresses in headers. Host names are not looked up: they count as no address.
 */
final class IpLiterals {

	/** An IPv6 address with brackets, a port and a zone is shorter. */
	private static final int MAX_LENGTH = 80;

	private static final Pattern IPV4 = Pattern
		.compile("(?:(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)\\.){3}(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)");

	private static final Pattern IPV6 = Pattern.compile("[0-9a-fA-F:.]*:[0-9a-fA-F:.]*");

	private static final Pattern PORT = Pattern.compile("(?::\\d{1,5})?");

	private IpLiterals() {
	}

	/**
	 * Parse an address.
	 * @param text an IPv4 or IPv6 address, perhaps in quotes, in brackets or with a port,
	 * such as {@code 198.51.100.7:40001} or {@code [2001:db8::1]:40001}
	 * @return the address, or {@code null} if the text is no address
	 */
	static @Nullable InetAddress parse(@Nullable String text) {
		if (text == null || text.length() > MAX_LENGTH) {
			return null;
		}
		String address = text.trim();
		if (address.length() > 1 && address.startsWith("\"") && address.endsWith("\"")) {
			address = address.substring(1, address.length() - 1);
		}
		int colon = address.indexOf(':');
		int bracket = address.indexOf(']');
		String port = "";
		if (address.startsWith("[") && bracket > 0) {
			port = address.substring(bracket + 1);
			address = address.substring(1, bracket);
		}
		else if (colon >= 0 && colon == address.lastIndexOf(':')) {
			port = address.substring(colon);
			address = address.substring(0, colon);
		}
		if (!PORT.matcher(port).matches()) {
			return null;
		}
		int zone = address.indexOf('%');
		if (zone > 0) {
			// The zone names an interface of the sender's machine
			address = address.substring(0, zone);
		}
		try {
			if (IPV4.matcher(address).matches()) {
				return InetAddress.getByName(address);
			}
			// In brackets, so that it is never taken for a host name
			return IPV6.matcher(address).matches() ? InetAddress.getByName("[" + address + "]") : null;
		}
		catch (UnknownHostException ex) {
			return null;
		}
	}

	/**
	 * Return whether an address belongs to this machine or a private network, where
	 * proxies are.
	 * @param address the address
	 * @return whether no client on the internet can have it
	 */
	static boolean isInternal(InetAddress address) {
		if (address.isLoopbackAddress() || address.isSiteLocalAddress() || address.isLinkLocalAddress()) {
			return true;
		}
		byte[] bytes = address.getAddress();
		if (address instanceof Inet6Address) {
			// fc00::/7, unique local addresses
			return (bytes[0] & 0xFE) == 0xFC;
		}
		// 100.64.0.0/10, shared address space
		return bytes[0] == 100 && (bytes[1] & 0xC0) == 64;
	}

}
