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

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Removes offers of {@code permessage-deflate} that a server has to decline (RFC 7692,
 * section 7.1) and on which servlet containers fail.
 */
final class DeflateOffers {

	private static final Pattern OFFER = Pattern.compile("(?:[^,\"]|\"(?:[^\"\\\\]|\\\\.)*+\")++");

	private static final Pattern BITS = Pattern.compile("\"?(?:[89]|1[0-5])\"?");

	private DeflateOffers() {
	}

	/**
	 * Return the offers of a header that can be negotiated.
	 * @param header a well-formed {@code Sec-WebSocket-Extensions}
	 * @return the header without the offers that have to be declined; empty if none is
	 * left
	 */
	static String valid(String header) {
		List<String> valid = new ArrayList<>();
		Matcher offers = OFFER.matcher(header);
		while (offers.find()) {
			if (isValid(offers.group())) {
				valid.add(offers.group().trim());
			}
		}
		return String.join(", ", valid);
	}

	private static boolean isValid(String offer) {
		String[] parts = offer.split(";");
		if (!parts[0].trim().equalsIgnoreCase("permessage-deflate")) {
			return true;
		}
		Set<String> names = new HashSet<>();
		for (int i = 1; i < parts.length; i++) {
			int equals = parts[i].indexOf('=');
			String name = ((equals >= 0) ? parts[i].substring(0, equals) : parts[i]).trim().toLowerCase(Locale.ROOT);
			String value = (equals >= 0) ? parts[i].substring(equals + 1).trim() : "";
			boolean known = switch (name) {
				case "server_no_context_takeover", "client_no_context_takeover" -> equals < 0;
				case "server_max_window_bits" -> BITS.matcher(value).matches();
				case "client_max_window_bits" -> equals < 0 || BITS.matcher(value).matches();
				default -> false;
			};
			if (!known || !names.add(name)) {
				return false;
			}
		}
		return true;
	}

}
