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
 * Connects the library to the application's security framework. It sets the security
 * context for application code that is called for a client, translates the framework's
 * exceptions, and tells which authorities a client has. With Spring Security on the
 * classpath there is a bean of this type. A bean of the application replaces it, for
 * example to support another framework.
 * <p>
 * Threads: called by any number of threads; must not block.
 */
public interface ClientSecurity {

	/**
	 * No security framework: no client has an authority.
	 */
	ClientSecurity NONE = new NoSecurity();

	/**
	 * Set the security context of the current thread to a client, for example the
	 * {@code SecurityContext} of Spring Security. Called before any application code is
	 * called for the client.
	 * @param principal who the client is, or {@code null} if it is anonymous
	 * @return restores the thread's previous context; closed by the same thread
	 */
	Scope enter(@Nullable Principal principal);

	/**
	 * Translate an exception that application code has thrown while it was called for a
	 * client.
	 * @param failure the exception
	 * @param principal who the client is, or {@code null} if it is anonymous
	 * @return the refusal that the client gets; {@code null} if the exception is not one
	 * of the framework or is the fault of this node, in which case the client gets an
	 * internal error
	 */
	@Nullable Authorization refusal(Throwable failure, @Nullable Principal principal);

	/**
	 * Return whether a client has an authority that a channel's rule requires.
	 * @param principal who the client is
	 * @param authority the authority, such as {@code ROLE_OPS}
	 * @return whether the client has it
	 */
	boolean hasAuthority(Principal principal, String authority);

	/**
	 * The time during which a thread has the security context of a client.
	 */
	@FunctionalInterface
	interface Scope {

		/**
		 * Restore the thread's previous context.
		 */
		void close();

	}

}
