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

package io.github.atmosphererelay.session.internal;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.HexFormat;

import org.jspecify.annotations.Nullable;

/**
 * Maps clients' addresses to the keys for which limits per address are counted.
 */
public final class ClientNetwork {

	private static final int IPV6_NETWORK_BYTES = 8;

	private ClientNetwork() {
	}

	/**
	 * Return the key of an address. For IPv4 it is the address itself. For IPv6 it is the
	 * network of 64 bits, because one client has as many addresses in it as it likes: for
	 * example, all addresses of {@code 2001:db8::/64} have the same key. No host name is
	 * resolved.
	 * @param address the address, or {@code null} if it is not known
	 * @return a key, or {@code null} if the address is not known
	 */
	public static @Nullable String of(@Nullable InetSocketAddress address) {
		if (address == null) {
			return null;
		}
		InetAddress inet = address.getAddress();
		if (inet instanceof Inet6Address) {
			return HexFormat.of().formatHex(Arrays.copyOf(inet.getAddress(), IPV6_NETWORK_BYTES));
		}
		return (inet != null) ? inet.getHostAddress() : address.getHostString();
	}

}
