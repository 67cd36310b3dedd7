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

package io.github.atmosphererelay.transport.tomcat.internal;

import java.io.IOException;
import java.lang.reflect.Field;

import io.github.atmosphererelay.transport.http.internal.ResponseBreaker;
import jakarta.servlet.ServletRequest;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.RequestFacade;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.coyote.ActionCode;
import org.jspecify.annotations.Nullable;

import org.springframework.util.ReflectionUtils;

/**
 * Breaks off responses of Tomcat: closes the connection of HTTP/1.1, or resets the stream
 * of HTTP/2.
 */
public final class TomcatResponses implements ResponseBreaker {

	private static final Log logger = LogFactory.getLog(TomcatResponses.class);

	private final @Nullable Field request = find();

	private static @Nullable Field find() {
		try {
			Field field = ReflectionUtils.findField(RequestFacade.class, "request", Request.class);
			if (field != null) {
				ReflectionUtils.makeAccessible(field);
				return field;
			}
		}
		catch (RuntimeException | LinkageError ex) {
			logger.debug("The request of Tomcat cannot be read", ex);
		}
		logger.warn("Responses of " + TomcatUpgradeStrategy.version() + " cannot be broken off. A client that does not"
				+ " read its event stream occupies a thread for as long as 'server.tomcat.connection-timeout'");
		return null;
	}

	@Override
	public @Nullable Runnable of(ServletRequest request) {
		Field field = this.request;
		if (field == null || !(request instanceof RequestFacade)) {
			return null;
		}
		Request unwrapped = (Request) ReflectionUtils.getField(field, request);
		return (unwrapped != null) ? () -> unwrapped.getCoyoteRequest()
			.action(ActionCode.CLOSE_NOW, new IOException("The client does not read the response")) : null;
	}

}
