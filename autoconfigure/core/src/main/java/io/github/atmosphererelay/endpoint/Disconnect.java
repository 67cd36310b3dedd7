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
 * Marks a method that is called after a session has left a channel of the endpoint, in
 * most cases because its connection has ended. It is called once for each channel that
 * the session has left. A parameter of type
 * {@link io.github.atmosphererelay.session.DisconnectReason} tells the reason; its text
 * is {@code unsubscribed} if the session has left the channel only and stays connected.
 * <p>
 * The return value is sent as with {@link Message}, except that a reply reaches nobody.
 * An exception is logged and counted.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Disconnect {

}
