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

package io.github.atmosphererelay.security;

import java.security.Principal;

import io.github.atmosphererelay.refusal.Authorization;
import org.jspecify.annotations.Nullable;

/**
 * What the application's security framework does for clients: makes a client known to the
 * code that is called for it, translates the framework's exceptions, and knows what
 * authorities clients have. With Spring Security on the classpath there is a bean of this
 * type; a bean of the application replaces it, also for another framework.
 * <p>
 * Threads: called by any number of threads; must not block.
 */
public interface ClientSecurity {

	/**
	 * No security framework: nobody has an authority.
	 */
	ClientSecurity NONE = new NoSecurity();

	/**
	 * Make a client known to the current thread, as with the {@code SecurityContext} of
	 * Spring Security. Called before any code of the application is called for the
	 * client.
	 * @param principal who the client is, or {@code null} if it is anonymous
	 * @return restores what the thread knew before; closed by the same thread
	 */
	Scope enter(@Nullable Principal principal);

	/**
	 * Translate an exception that code of the application has thrown for a client.
	 * @param failure the exception
	 * @param principal who the client is, or {@code null} if it is anonymous
	 * @return what the client is told, or {@code null} if the exception is none of the
	 * framework, or is the fault of this node: it is then an internal error
	 */
	@Nullable Authorization refusal(Throwable failure, @Nullable Principal principal);

	/**
	 * Return whether a client has an authority that the rule of a channel names.
	 * @param principal who the client is
	 * @param authority the authority, such as {@code ROLE_OPS}
	 * @return whether the client has it
	 */
	boolean hasAuthority(Principal principal, String authority);

	/**
	 * The time in which a thread knows a client.
	 */
	@FunctionalInterface
	interface Scope {

		/**
		 * Restore what the thread knew before.
		 */
		void close();

	}

}
