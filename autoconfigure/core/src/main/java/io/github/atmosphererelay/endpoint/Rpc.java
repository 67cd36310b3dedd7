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

package io.github.atmosphererelay.endpoint;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a method of a {@link ManagedService} that answers calls of clients, which is the
 * {@code rpc} of the Centrifuge protocol. A call belongs to no channel, and every
 * connected client may call. To restrict that, check the principal in the method, or use
 * method security ({@code @PreAuthorize}).
 * <p>
 * The method takes the same parameters as a {@link Message} method, except path
 * variables, and validates in the same way. Its return value is the call's result. If it
 * returns {@code Outbound.toUser}, the message goes to that user and the call has no
 * result. If it throws {@link io.github.atmosphererelay.refusal.RequestRefusedException},
 * the caller gets its code and reason.
 * <p>
 * Threads: the method runs on the threads of endpoints, in order with the other calls and
 * messages of its session.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@Documented
public @interface Rpc {

	/**
	 * The name by which clients call the method, unique in the application. The default
	 * is the method's name.
	 * @return the name
	 */
	String value() default "";

}
