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

import java.net.InetAddress;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link IpLiterals}.
 */
class IpLiteralsTests {

	@ParameterizedTest
	@CsvSource(quoteCharacter = '`',
			value = { "198.51.100.7, 198.51.100.7", " 198.51.100.7 , 198.51.100.7", "198.51.100.7:40001, 198.51.100.7",
					"2001:db8::1, 2001:db8:0:0:0:0:0:1", "[2001:db8::1], 2001:db8:0:0:0:0:0:1",
					"[2001:db8::1]:40001, 2001:db8:0:0:0:0:0:1", "\"[2001:db8::1]:40001\", 2001:db8:0:0:0:0:0:1",
					"\"198.51.100.7:1\", 198.51.100.7", "fe80::1%eth0, fe80:0:0:0:0:0:0:1", "::1, 0:0:0:0:0:0:0:1",
					"::ffff:198.51.100.7, 198.51.100.7" })
	void anAddressIsReadWithoutItsPort(String text, String address) {
		assertThat(IpLiterals.parse(text)).isNotNull().returns(address, InetAddress::getHostAddress);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", "localhost", "unknown", "_hidden", "example.com", "localhost:80", "1.2.3",
			"1.2.3.4.5", "256.1.1.1", "01.2.3.400", "1.2.3.4:x", "1.2.3.4:", "1.2.3.4:123456", "[1.2.3.4", "[::1",
			"[::1]x", "::g", ":", ":::", "1:2", "a:b:c", "1::2::3", "0x7f.0.0.1", "2130706433", "1.2.3.4, 5.6.7.8",
			"\"1.2.3.4" })
	void whatIsNoAddressIsNotLookedUp(String text) {
		assertThat(IpLiterals.parse(text)).isNull();
		assertThat(IpLiterals.parse("[" + text + "]")).isNull();
	}

	@Test
	void aTextThatIsTooLongIsNoAddress() {
		assertThat(IpLiterals.parse(":".repeat(10_000))).isNull();
		assertThat(IpLiterals.parse(null)).isNull();
	}

	@ParameterizedTest
	@CsvSource({ "127.0.0.1, true", "10.1.2.3, true", "192.168.0.1, true", "172.16.0.1, true", "172.32.0.1, false",
			"169.254.1.1, true", "100.64.0.1, true", "100.128.0.1, false", "8.8.8.8, false", "::1, true",
			"fe80::1, true", "fd00::1, true", "fc12::1, true", "2001:db8::1, false" })
	void privateNetworksAreInternal(String address, boolean internal) {
		assertThat(IpLiterals.isInternal(IpLiterals.parse(address))).isEqualTo(internal);
	}

}
