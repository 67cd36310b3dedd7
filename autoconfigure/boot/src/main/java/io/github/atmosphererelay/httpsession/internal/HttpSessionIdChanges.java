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

package io.github.atmosphererelay.httpsession.internal;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.atmosphererelay.door.internal.HttpSessionRegistry;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpSession;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * Follows HTTP sessions that get another id, as at each log-in with Spring Security.
 * Spring Session calls no {@code HttpSessionIdListener}, and without its old id an HTTP
 * session looks as if it had ended.
 * <p>
 * A filter within Spring Session's own notes the change at Redis, for the other nodes. A
 * filter around Spring Session's moves this node's clients to the new id, which is stored
 * only at the end of the request. Threads: requests run it, and wait for Redis as they do
 * in Spring Session's filter.
 */
public final class HttpSessionIdChanges {

	private static final Log logger = LogFactory.getLog(HttpSessionIdChanges.class);

	private static final String CHANGE = HttpSessionIdChanges.class.getName() + ".CHANGE";

	/** Spring Session sets this attribute of the requests that it handles. */
	private static final String SPRING_SESSION = "org.springframework.session.SessionRepository";

	private final AtomicBoolean warned = new AtomicBoolean();

	private final RedisHttpSessions sessions;

	private final HttpSessionRegistry registry;

	/**
	 * Create the filters.
	 * @param sessions the HTTP sessions
	 * @param registry knows the clients
	 */
	public HttpSessionIdChanges(RedisHttpSessions sessions, HttpSessionRegistry registry) {
		this.sessions = sessions;
		this.registry = registry;
	}

	/**
	 * Return the filter around Spring Session's.
	 * @return the filter
	 */
	public Filter outer() {
		return (request, response, chain) -> {
			// After an exception it is not known whether Redis has the new id: the check
			// finds it
			chain.doFilter(request, response);
			if (request.getAttribute(CHANGE) instanceof Change change) {
				request.removeAttribute(CHANGE);
				this.registry.renamed(change.oldId(), change.newId());
			}
		};
	}

	/**
	 * Return the filter within Spring Session's.
	 * @return the filter
	 */
	public Filter inner() {
		return this::filterInner;
	}

	private void filterInner(ServletRequest request, ServletResponse response, FilterChain chain)
			throws IOException, ServletException {
		if (request.getAttribute(SPRING_SESSION) == null && this.warned.compareAndSet(false, true)) {
			logger
				.warn("Spring Session's filter does not run before this library's, so new ids of HTTP sessions are not"
						+ " noticed, and their clients are closed after a log-in. Set 'spring.session.servlet.filter-order' to"
						+ " the order with which SessionRepositoryFilter is registered");
		}
		chain.doFilter((request instanceof HttpServletRequest http) ? new Request(http) : request, response);
	}

	private void changed(HttpServletRequest request, String oldId, String newId) {
		String first = (request.getAttribute(CHANGE) instanceof Change change) ? change.oldId() : oldId;
		request.setAttribute(CHANGE, new Change(first, newId));
		try {
			this.sessions.rename(oldId, newId);
		}
		catch (RuntimeException ex) {
			logger.warn(
					"An HTTP session has got another id, which could not be stored for the other nodes. They close its"
							+ " clients as logged out",
					ex);
		}
	}

	/**
	 * A request that notices that its HTTP session gets another id.
	 */
	private final class Request extends HttpServletRequestWrapper {

		Request(HttpServletRequest request) {
			super(request);
		}

		@Override
		public String changeSessionId() {
			HttpSession session = getSession(false);
			String oldId = (session != null) ? session.getId() : null;
			String newId = super.changeSessionId();
			if (oldId != null && !oldId.equals(newId)) {
				changed(this, oldId, newId);
			}
			return newId;
		}

	}

	/**
	 * A change of the id in a request.
	 */
	private record Change(String oldId, String newId) {
	}

}
