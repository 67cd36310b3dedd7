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

import java.io.IOException;

import io.github.atmosphererelay.test.Covers;
import io.github.atmosphererelay.test.KnownFault;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import org.junit.jupiter.api.Test;

import org.springframework.mock.web.MockFilterChain;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.web.filter.ForwardedHeaderFilter;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ClientAddresses} and Spring's filter for headers of proxies. What a
 * client gets behind a proxy is in {@link AddressBehindProxyTests}.
 */
class ClientAddressesTests {

	private final ClientAddresses addresses = new ClientAddresses(false);

	private final ForwardedHeaderFilter filter = new ForwardedHeaderFilter();

	@Test
	void aHeaderThatTheFilterEvaluatesIsRead() throws Exception {
		assertThat(this.addresses.of(filtered())).isEqualTo("198.51.100.7");
	}

	/**
	 * The filter's two wrappers are alike: both are its nested classes.
	 */
	@Test
	@Covers(KnownFault.FORGED_ADDRESS)
	void aHeaderThatTheFilterOnlyRemovesIsNotBelieved() throws Exception {
		this.filter.setRemoveOnly(true);
		assertThat(this.addresses.of(filtered())).isEqualTo("192.0.2.1");
	}

	private HttpServletRequest filtered() throws ServletException, IOException {
		MockHttpServletRequest request = new MockHttpServletRequest();
		request.setRemoteAddr("192.0.2.1");
		request.addHeader("X-Forwarded-For", "203.0.113.9, 198.51.100.7");
		MockFilterChain chain = new MockFilterChain();
		this.filter.doFilter(request, new MockHttpServletResponse(), chain);
		HttpServletRequest filtered = (HttpServletRequest) chain.getRequest();
		assertThat(filtered).isNotNull().isNotSameAs(request);
		return filtered;
	}

}
